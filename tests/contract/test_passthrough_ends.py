"""However a pass-through ends, the real folder is there with all its data; and it serves nobody else's mount."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from chaos_ext import world
from chaos_ext.passthrough import mounting, syscalls

from .passing import HOST, PATIENCE_S, Passing, needs_mounts, refusal, synced

SYNCER = """
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
os.write(fd, b"x")
os.fsync(fd)
"""


@pytest.fixture
def passing(tmp_path):
    needs_mounts()
    (tmp_path / "through").mkdir()
    (tmp_path / "through" / "before").write_bytes(b"before")
    served = Passing(tmp_path / "through", tmp_path / "log").start()
    yield served
    served.close()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_mount_says_whose_it_is(passing):
    seen = mounting.top(passing.folder)

    assert seen.kind == mounting.KIND
    assert seen.server().pid == passing.process.pid
    assert passing.status()["mount"] == seen.source


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_and_shows_the_real_folder(passing, signum):
    synced(passing.folder / "during", b"during")

    code = passing.end(signum)

    assert code == 0
    assert not passing.mounted()
    assert contents(passing.folder) == {"before": b"before", "during": b"during"}
    assert "Traceback" not in passing.log()


def test_signal_ends_it_while_a_file_is_open_and_an_operation_waits(passing):
    with passing.hurt({"do": "slow", "ops": ["fsync"], "ms": 60_000}):
        argv = [sys.executable, "-ISc", SYNCER, passing.folder / "during"]
        process = world.start_process(argv, dies_with_us=True)
        assert world.wait_until(lambda: passing.status()["waiting"] == 1, PATIENCE_S)

        assert passing.end() == 0

    assert process.wait(PATIENCE_S) == 0
    assert contents(passing.folder) == {"before": b"before", "during": b"x"}


def test_killed_one_leaves_a_dead_mount_and_lazy_unmount_shows_all_data(passing):
    synced(passing.folder / "during", b"during")

    passing.end(signal.SIGKILL)
    assert refusal(lambda: next(passing.folder.iterdir())) == errno.ENOTCONN
    assert mounting.is_dead(passing.folder)
    syscalls.detach(os.fsencode(passing.folder))

    assert not passing.mounted()
    assert contents(passing.folder) == {"before": b"before", "during": b"during"}


def test_killed_one_can_be_started_again_over_its_dead_mount(passing):
    synced(passing.folder / "during", b"during")
    passing.end(signal.SIGKILL)

    passing.start()

    assert passing.mounted()
    assert contents(passing.folder) == {"before": b"before", "during": b"during"}
    assert passing.end() == 0
    assert not passing.mounted()


def test_unmounted_by_somebody_it_ends_by_itself(passing):
    syscalls.detach(os.fsencode(passing.folder))

    assert passing.process.wait(PATIENCE_S) == 0
    assert contents(passing.folder) == {"before": b"before"}


def test_folder_that_is_served_is_not_served_twice(passing, tmp_path):
    second = Passing(passing.folder, tmp_path / "log of second")

    argv = [sys.executable, "-m", "chaos_ext.passthrough"]
    argv += ["--folder", passing.folder, "--listen", f"{HOST}:{second.port}"]
    told = subprocess.run(argv, capture_output=True, check=False, text=True)

    assert told.returncode == 1
    assert f"leads through a pass-through already (pid {passing.process.pid})" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert passing.status()["ok"]


def test_something_mounted_over_it_is_left_alone(passing):
    syscalls.mount("somebody", os.fsencode(passing.folder), "tmpfs", 0, "size=1m")
    try:
        passing.end()

        seen = mounting.top(passing.folder)
        assert (seen.kind, seen.source) == ("tmpfs", "somebody")
        assert "lies over ours" in passing.log()
    finally:
        syscalls.detach(os.fsencode(passing.folder))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--folder", "{tmp}/none", "--listen", f"{HOST}:0"],
            "BadArgument: {tmp}/none is no folder",
        ),
        (["--folder", "{tmp}", "--listen", "7777"], "BadArgument: --listen must be HOST:PORT"),
        (["--folder", "{tmp}", "--listen", "203.0.113.1:1"], "PortTaken: cannot listen at"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(tmp_path, words, why):
    argv = [sys.executable, "-m", "chaos_ext.passthrough"]
    argv += [word.format(tmp=tmp_path) for word in words]

    told = subprocess.run(argv, capture_output=True, check=False, text=True)

    assert told.returncode == 1
    assert told.stderr.startswith(why.format(tmp=tmp_path))
    assert len(told.stderr.splitlines()) == 1
    assert mounting.top(tmp_path) is None
