"""Each rule bites what it names and nothing else; a delay keeps nobody but who is delayed."""

import errno
import os
import signal
import sys
import threading

import pytest

from chaos_ext import world

from .passing import (
    PATIENCE_S,
    refusal,
    synced,
    took_ms,
)

FSYNC_SLOW = {"do": "slow", "ops": ["fsync"], "ms": 60_000}
FAILS = {"do": "fail", "ops": ["write"], "errno": "EIO"}
READ_ONLY = {"do": "read_only"}
# Writes, says so, then waits in an fsync that is slow.
SYNCER = """
import os, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: None)
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
os.write(fd, b"x")
print("written", flush=True)
os.fsync(fd)
print("synced", flush=True)
"""


@pytest.fixture
def file(passing, request):
    path = passing.folder / request.node.name.replace("/", "-")
    path.write_bytes(b"as it was")
    return path


@pytest.fixture
def syncing(passing, file):
    """A process that waits in an fsync."""
    argv = [sys.executable, "-ISc", SYNCER, file]
    process = world.start_process(argv, pipes=True, dies_with_us=True)
    with passing.commander() as commander:
        commander.put(FSYNC_SLOW)
        assert process.stdout.readline() == b"written\n"
        assert world.wait_until(lambda: passing.status()["waiting"] == 1, PATIENCE_S)
        yield process, commander
    process.kill()
    process.communicate()


def written_synchronously(path):
    fd = os.open(path, os.O_WRONLY | os.O_DSYNC)
    try:
        os.write(fd, b"x")
    finally:
        os.close(fd)


def test_slow_operation_takes_as_long_as_it_is_told(passing, file):
    with passing.hurt({"do": "slow", "ops": ["fsync"], "ms": 150}):
        slow_ms, _ = took_ms(lambda: synced(file))
        other_ms, _ = took_ms(file.read_bytes)
        (rule,) = passing.status()["rules"]
    again_ms, _ = took_ms(lambda: synced(file))

    assert slow_ms >= 150
    assert other_ms < 150
    assert again_ms < 150
    assert rule["delayed"] == 1


def test_delayed_operation_keeps_no_other(passing, file, syncing):
    synced_elsewhere = threading.Event()

    def elsewhere():
        (passing.folder / "elsewhere").write_bytes(b"x" * 100_000)
        assert (passing.folder / "elsewhere").read_bytes() == b"x" * 100_000
        synced_elsewhere.set()

    threading.Thread(target=elsewhere, daemon=True).start()

    assert synced_elsewhere.wait(PATIENCE_S)
    assert syncing[0].poll() is None
    assert passing.status()["waiting"] == 1
    assert file.read_bytes() == b"xs it was"


def test_delayed_operation_goes_on_when_the_connection_ends(syncing):
    process, commander = syncing

    commander.close()

    assert process.stdout.readline() == b"synced\n"


def test_killed_process_waits_for_no_disk(passing, syncing):
    process, _ = syncing

    process.kill()
    process.wait(PATIENCE_S)

    assert world.wait_until(lambda: passing.status()["waiting"] == 0, PATIENCE_S)


def test_process_with_a_signal_is_not_disturbed_and_can_still_be_killed(passing, syncing):
    process, _ = syncing

    process.send_signal(signal.SIGUSR1)
    # it is asked about for as long as it waits, and it goes on waiting
    assert not world.wait_until(lambda: passing.status()["waiting"] == 0, 0.2)
    assert process.poll() is None
    process.kill()
    process.wait(PATIENCE_S)

    assert world.wait_until(lambda: passing.status()["waiting"] == 0, PATIENCE_S)


def test_failing_operation_ends_with_its_errno(passing, file):
    with passing.hurt(FAILS):
        assert refusal(lambda: file.write_bytes(b"new")) == errno.EIO
        assert refusal((passing.folder / "made").touch) == 0
    with passing.hurt({"do": "fail", "ops": ["fsync"], "errno": "EDQUOT"}):
        assert refusal(lambda: synced(file)) == errno.EDQUOT

    assert refusal(lambda: synced(file)) == 0


@pytest.mark.parametrize(
    ("op", "do"),
    [
        ("read", lambda at: at.read_bytes()),
        ("open", lambda at: at.open("rb").close()),
        ("open", lambda at: at.with_name("created").open("wb").close()),
        ("create", lambda at: at.with_name("created-too").touch()),
        ("unlink", lambda at: at.unlink()),
        ("rename", lambda at: at.rename(at.with_name("moved"))),
        ("mkdir", lambda at: at.with_name("folder").mkdir()),
        ("truncate", lambda at: os.truncate(at, 1)),
        ("setattr", lambda at: at.chmod(0o600)),
        ("readdir", lambda at: next(at.parent.iterdir())),
        ("link", lambda at: os.link(at, at.with_name("hard"))),
        ("symlink", lambda at: at.with_name("soft").symlink_to("x")),
        ("statfs", os.statvfs),
        ("fsync", written_synchronously),
    ],
)
def test_every_kind_can_be_failed(passing, file, op, do):
    with passing.hurt({"do": "fail", "ops": [op], "errno": "EIO"}):
        assert refusal(lambda: do(file)) == errno.EIO

    assert refusal(lambda: do(file)) == 0


def test_share_meets_about_as_many_as_it_says(passing, file):
    fd = os.open(file, os.O_RDONLY)
    with passing.hurt({"do": "fail", "ops": ["read"], "share": 0.5}):
        met = sum(refusal(lambda: os.pread(fd, 1, 0)) == errno.EIO for _ in range(200))
    os.close(fd)

    assert 60 < met < 140


def test_read_only_refuses_every_change_and_no_look(passing, file):
    fd = os.open(file, os.O_RDWR)
    with passing.hurt(READ_ONLY):
        refusals = [
            refusal(do)
            for do in (
                lambda: os.write(fd, b"x"),
                lambda: os.ftruncate(fd, 0),
                lambda: file.open("r+b"),
                file.unlink,
                lambda: file.rename(passing.folder / "moved"),
                lambda: file.chmod(0o777),
                (passing.folder / "new").touch,
                (passing.folder / "new").mkdir,
            )
        ]
        assert file.read_bytes() == b"as it was"
    os.write(fd, b"AS")
    os.close(fd)

    assert refusals == [errno.EROFS] * 8
    assert file.read_bytes() == b"AS it was"


def test_full_disk_takes_what_fits_to_the_byte(passing, file):
    with passing.hurt({"do": "full", "left_bytes": 1000}):
        fd, inside = os.open(file, os.O_RDWR | os.O_APPEND), os.open(file, os.O_RDWR)
        assert os.write(fd, b"x" * 600) == 600
        assert os.write(fd, b"y" * 600) == 400
        assert refusal(lambda: os.write(fd, b"z")) == errno.ENOSPC
        assert os.pwrite(inside, b"over", 0) == 4  # what is there already can be written again
        assert refusal(lambda: os.posix_fallocate(fd, 0, 5000)) == errno.ENOSPC
        seen = os.statvfs(file)
        (rule,) = passing.status()["rules"]
    assert os.write(fd, b"z") == 1
    os.close(fd)
    os.close(inside)

    assert (seen.f_bfree, seen.f_bavail) == (0, 0)
    assert (rule["left_now"], rule["failed"] >= 2) == (0, True)
    assert file.stat().st_size == len(b"as it was") + 1000 + 1


def test_full_disk_gets_room_back_by_removing(passing, file):
    other = passing.folder / "other"
    other.write_bytes(b"o" * 500)
    with passing.hurt({"do": "full", "left_bytes": 0}), other.open("rb"):
        assert refusal(lambda: file.write_bytes(b"x" * 100)) == errno.ENOSPC
        os.truncate(file, 0)
        other.unlink()  # it is open: its room is still taken
        assert refusal(lambda: file.write_bytes(b"x" * 100)) == errno.ENOSPC
        file.unlink()
    with passing.hurt({"do": "full", "left_bytes": 0}):
        file.touch()
        (passing.folder / "third").touch()
        assert refusal(lambda: file.write_bytes(b"x")) == errno.ENOSPC


def test_full_disk_gets_the_room_of_a_file_back_when_nobody_has_it_open(passing, file):
    other = passing.folder / "other"
    other.write_bytes(b"o" * 500)
    with passing.hurt({"do": "full", "left_bytes": 0}):
        with other.open("rb"):
            other.unlink()
            assert refusal(lambda: file.write_bytes(b"x" * 100)) == errno.ENOSPC

        assert world.wait_until(lambda: passing.status()["rules"][0]["left_now"] >= 500, 5)
        assert refusal(lambda: file.write_bytes(b"x" * 500)) == 0
        assert refusal(lambda: file.with_name("more").write_bytes(b"x" * 10)) == errno.ENOSPC
