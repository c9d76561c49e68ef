"""A disk that is full indeed: exactly, for as long as its holder lives, and never the machine's own unasked."""

import os
import signal
import threading

import pytest
import redis

from chaos_ext import world
from chaos_ext.disk import asking
from chaos_ext.disk.filler import MB
from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lease.ledger import HEALED

from .labbed import PATIENCE_S, Labbed
from .passing import needs_mounts

SIZE_MB = 32


@pytest.fixture
def rig(tmp_path):
    needs_mounts()
    made = Labbed(tmp_path, disk_mb=SIZE_MB, append_fsync="always")
    yield made
    made.close()


@pytest.fixture
def plain(tmp_path):
    made = Labbed(tmp_path)
    yield made
    made.close()


def free_mb(rig):
    return asking.free_mb(rig.way(), 5)


@pytest.mark.parametrize("leave_mb", [0, 5])
def test_full_leaves_what_it_was_told_within_a_megabyte(rig, leave_mb):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("disk.full", leave_mb=leave_mb))

    assert leave_mb - 0.1 <= free_mb(rig) <= leave_mb + 1
    assert landed["free_mb"] == pytest.approx(leave_mb, abs=1)
    assert landed["taken_mb"] > SIZE_MB - leave_mb - 4
    assert guarded.heal("the run ended") == []
    assert free_mb(rig) > SIZE_MB - 4
    assert guarded.heal("once more") == []


def test_full_disk_ends_a_server_that_must_be_durable_and_healing_starts_it_again(rig):
    guarded = rig.guardian()
    rig.client().set("kept", "x")
    lease = rig.lease("disk.full", leave_mb=0)
    guarded.inject(lease)

    client = rig.client()
    with pytest.raises(redis.RedisError):
        all(client.set(f"lost-{number}", "x" * 4096) for number in range(1000))
    assert rig.server().identity.wait(PATIENCE_S)

    assert guarded.heal("the run ended") == []
    assert rig.client().get("kept") == b"x"
    assert rig.client().set("after", "x" * 4096)
    assert rig.state(lease)[0] == HEALED


def test_server_that_ends_of_it_only_while_it_is_healed_is_started_again(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("disk.full", leave_mb=0))
    dying = rig.server().identity
    dying.send(signal.SIGSTOP)  # it writes its last words, and takes its time

    healing = threading.Thread(target=guarded.heal, args=["the run ended"])
    healing.start()
    assert world.wait_until(lambda: free_mb(rig) > SIZE_MB - 4, PATIENCE_S)
    dying.send(signal.SIGKILL)
    healing.join(PATIENCE_S)

    assert guarded.heal("once more") == []
    assert rig.server().identity != dying
    assert rig.client().set("after", "x")


def test_room_comes_back_when_the_guardian_is_killed(rig):
    guarded = rig.guardian()
    lease = rig.lease("disk.full", leave_mb=0)
    guarded.inject(lease)
    assert free_mb(rig) < 1

    rig.kill_guardian(guarded)

    assert world.wait_until(lambda: free_mb(rig) > SIZE_MB - 4, PATIENCE_S)
    assert rig.heal_alone() == []
    assert rig.state(lease) == (HEALED, "swept")
    assert rig.heal_alone() == []


def test_full_ends_at_its_deadline(rig):
    guarded = rig.guardian()
    lease = rig.lease("disk.full", leave_mb=0, for_s=0.5)

    guarded.inject(lease)

    assert world.wait_until(lambda: rig.state(lease)[0] == HEALED, PATIENCE_S)
    assert free_mb(rig) > SIZE_MB - 4


def test_full_has_no_name_and_leaves_nothing(rig):
    guarded = rig.guardian()
    folder = rig.lab.data(rig.lab.node("redis-1"))
    before = sorted(folder.rglob("*"))

    guarded.inject(rig.lease("disk.full", leave_mb=1))

    assert sorted(folder.rglob("*")) == before
    assert guarded.heal("the run ended") == []
    assert sorted(folder.rglob("*")) == before


def test_disk_with_less_than_that_is_refused(rig):
    with pytest.raises(BadArgument, match="nothing to take beyond leave_mb 100"):
        rig.guardian().inject(rig.lease("disk.full", leave_mb=100))


def test_disk_that_is_full_by_us_is_not_filled_once_more(rig):
    guarded = rig.guardian()
    first = rig.lease("disk.full", leave_mb=5, for_s=2)
    guarded.inject(first)

    with pytest.raises(
        NotAllowed, match=r"^disk\.full: disk\.full has redis-1 in hand already"
    ):
        guarded.inject(
            rig.lease("disk.full", leave_mb=0)
        )  # its room would come back with the first

    assert world.wait_until(lambda: rig.state(first)[0] == HEALED, PATIENCE_S)
    assert free_mb(rig) > SIZE_MB - 4


def test_disk_of_the_machine_is_refused_unless_it_is_permitted(plain):
    with pytest.raises(NotAllowed, match=r"limits: \{fill_root: true\}"):
        plain.guardian().inject(plain.lease("disk.full", leave_mb=0))

    assert plain.ask("PING") == b"PONG"


def test_disk_of_the_machine_is_never_filled_to_its_end(plain):
    limits = {"fill_root": True, "reserve_disk_percent": 0.0}

    with pytest.raises(NotAllowed, match="say leave_mb of at least 512"):
        plain.guardian().inject(plain.lease("disk.full", leave_mb=511, limits=limits))


def test_disk_of_the_machine_that_is_permitted_is_taken_down_to_what_was_told(plain):
    folder = plain.lab.data(plain.lab.node("redis-1"))
    seen = os.statvfs(folder)
    leave_mb = seen.f_bavail * seen.f_frsize // MB - 200  # so that nobody here is hurt
    if leave_mb < seen.f_blocks * seen.f_frsize // MB // 100 + 513:
        pytest.skip("this disk is too full already")
    limits = {"fill_root": True, "reserve_disk_percent": 1.0}
    guarded = plain.guardian()

    landed = guarded.inject(plain.lease("disk.full", leave_mb=leave_mb, limits=limits))

    assert landed["free_mb"] == pytest.approx(leave_mb, abs=50)  # others write there, too
    assert landed["taken_mb"] == pytest.approx(200, abs=50)
    assert guarded.heal("the run ended") == []
    assert free_mb(plain) == pytest.approx(leave_mb + 200, abs=50)
