"""A server that ended at its limit is started again, by whoever heals, and nobody else is."""

from pathlib import Path

import pytest

from chaos_ext.errors import NotAllowed
from chaos_ext.resource.memory_limit import MemoryLimit

MB = 1 << 20


@pytest.fixture
def before(tmp_path):
    """A group of ours with nobody in it, in a folder of its own."""
    (tmp_path / "ours").mkdir()
    return {"version": 1, "folder": str(tmp_path / "ours"), "home": str(tmp_path), "homes": []}


def kills(before, count):
    folder = Path(before["folder"])
    (folder / "memory.oom_control").write_text(f"under_oom 0\noom_kill {count}\n")


def test_limit_is_refused_to_a_server_that_nobody_can_start_again(target):
    target.told = False

    with pytest.raises(NotAllowed, match="nobody told how to start it again; add `start`"):
        MemoryLimit(target, 64, {}).look()


@pytest.mark.parametrize(
    ("alive", "other", "count", "started"),
    [(False, False, 1, 1), (False, False, 0, 0), (True, False, 1, 0), (False, True, 1, 0)],
)
def test_server_is_started_again_when_it_ended_of_this(request, alive, other, count, started):
    target, before = map(request.getfixturevalue, ("target", "before"))
    target.alive, target.other = alive, other
    kills(before, count)

    MemoryLimit(target, 64, {}).heal(before)

    assert target.started == started


def test_limit_that_was_never_there_is_healed_twice(target, before):
    Path(before["folder"]).rmdir()
    fault = MemoryLimit(target, 64, {})

    fault.heal(before)
    fault.heal(before)

    assert fault.healed(before)
    assert target.started == 0


@pytest.mark.parametrize(
    ("version", "limits"),
    [
        (1, {"memory.limit_in_bytes": 64 * MB, "memory.memsw.limit_in_bytes": 64 * MB}),
        (2, {"memory.max": 64 * MB, "memory.swap.max": 0}),
    ],
)
def test_limit_is_written_as_the_version_has_it(target, version, limits):
    group = type("Group", (), {"version": version})

    assert MemoryLimit(target, 64, {})._limits(group) == limits


@pytest.mark.parametrize(("version", "file"), [(1, "memory.oom_control"), (2, "memory.events")])
def test_kills_are_counted_where_the_version_has_them(target, version, file):
    said = {file: "low 0\noom 3\noom_kill 2\noom_group_kill 0"}
    group = type(
        "Group", (), {"version": version, "read": staticmethod(lambda name: said[name])}
    )

    assert MemoryLimit(target, 64, {})._kills(group) == 2
