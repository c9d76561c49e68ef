"""What must be left is left: to the machine, and to every group that has a limit."""

import pytest

from chaos_ext.errors import NotAllowed
from chaos_ext.resource import cgroups, hog, spare

MB = 1 << 20


@pytest.fixture
def thousand(monkeypatch):
    """A machine with 1000 MB available."""
    monkeypatch.setattr(hog, "available_mb", lambda: 1000)


def test_reserve_is_what_the_environment_says():
    assert spare.reserve_mb({"reserve_memory_mb": 64}) == 64
    assert spare.reserve_mb({}) == 512


def test_as_much_may_be_taken_as_leaves_the_reserve(thousand):
    spare.refuse_beyond("redis-1", 900, {"reserve_memory_mb": 100})


def test_more_is_refused_with_the_numbers(thousand):
    with pytest.raises(
        NotAllowed, match=r"901 MB would leave 99 MB of this machine, .* is 100 MB"
    ):
        spare.refuse_beyond("redis-1", 901, {"reserve_memory_mb": 100})


def test_group_of_version_2_has_what_it_could_give_up(machine):
    group = machine.group("web", memory_max=str(300 * MB), memory_current=str(200 * MB))
    (group / "memory.stat").write_text(f"anon 5\ninactive_file {50 * MB}\n")

    assert spare.group_free_mb(group, 2) == 150


def test_group_of_version_1_has_what_it_could_give_up(machine):
    group = machine.group("web")
    (group / "memory.limit_in_bytes").write_text(f"{300 * MB}\n")
    (group / "memory.usage_in_bytes").write_text(f"{200 * MB}\n")
    (group / "memory.stat").write_text(f"cache 1\ntotal_inactive_file {10 * MB}\n")

    assert spare.group_free_mb(group, 1) == 110


def test_group_without_a_limit_has_no_bounds(machine):
    assert spare.group_free_mb(machine.group("web"), 2) is None
    group = machine.group("old")
    (group / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (group / "memory.usage_in_bytes").write_text("1\n")
    assert spare.group_free_mb(group, 1) is None


def test_group_around_the_targets_own_counts_as_well(machine, monkeypatch):
    machine.version_2("memory")
    machine.process(7, groups="0::/all/web\n")
    machine.group("all", memory_max=str(300 * MB), memory_current=str(100 * MB))
    machine.group("all/web")
    find, tree = cgroups.hierarchy, cgroups.Hierarchy.home
    monkeypatch.setattr(cgroups, "hierarchy", lambda name: find(name, machine.proc))
    monkeypatch.setattr(
        cgroups.Hierarchy, "home", lambda each, pid: tree(each, pid, machine.proc)
    )

    spare.refuse_beyond_group("redis-1", 100, {"reserve_memory_mb": 100}, 7)
    with pytest.raises(NotAllowed, match=r"101 MB would leave 99 MB of group .*all"):
        spare.refuse_beyond_group("redis-1", 101, {"reserve_memory_mb": 100}, 7)
