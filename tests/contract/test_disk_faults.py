"""Disks that are slow, fail or cannot be written, on a real server: felt by it, measured, and gone again."""

import signal

import pytest
import redis

from chaos_ext import world
from chaos_ext.disk import asking
from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lease.ledger import HEALED
from chaos_ext.passthrough import client

from .labbed import PATIENCE_S, Labbed
from .passing import needs_mounts

SLOW = {"ms": 150.0, "ops": ["fsync"], "jitter_ms": 0.0}
ERRORS = {"errno": "EIO", "ops": ["write", "fsync"], "percent": 100.0}
FAULTS = {"slow": SLOW, "errors": ERRORS, "read_only": {}, "full": {"leave_mb": 0}}
each_fault = pytest.mark.parametrize(("fault", "said"), FAULTS.items())


@pytest.fixture
def rig(tmp_path):
    needs_mounts()
    made = Labbed(tmp_path, passthrough=True, append_fsync="always")
    yield made
    made.close()


def address(rig):
    host, port = rig.way()["disk"]["address"]
    return host, port


def rules(rig):
    return [rule["do"] for rule in client.status(address(rig))["rules"]]


def is_sound(rig):
    """The disk is written at once, and nothing of ours is left on it."""
    left = [path.name for path in rig.lab.data(rig.lab.node("redis-1")).glob(".chaos-*")]
    return not rules(rig) and asking.writable(rig.way(), 5) and not left


@each_fault
def test_fault_lands_is_measured_and_is_healed_twice(rig, fault, said):
    guarded = rig.guardian()
    lease = rig.lease(f"disk.{fault}", **said)

    landed = guarded.inject(lease)

    assert landed["ms"] > 0
    assert guarded.heal("the run ended") == []
    assert is_sound(rig)
    assert guarded.heal("once more") == []
    assert rig.client().set("after", "x")


def test_slow_disk_is_felt_by_the_server(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("disk.slow", **SLOW))
    began_ns = world.monotonic_ns()
    rig.client().set("slow", "x")
    slow_ms = (world.monotonic_ns() - began_ns) / 1e6

    assert landed["took_ms"]["fsync"] >= 150
    assert slow_ms >= 150
    assert asking.write_ms(rig.way(), 5) >= 150


@pytest.mark.parametrize("op", ["write", "read", "open", "create", "unlink", "rename", "mkdir"])
def test_every_kind_of_operation_can_be_slow(rig, op):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("disk.slow", **{**SLOW, "ops": [op], "ms": 60.0}))

    assert landed["took_ms"][op] >= 60
    assert guarded.heal("the run ended") == []
    assert is_sound(rig)


def test_errors_end_a_server_that_must_be_durable_and_healing_starts_it_again(rig):
    guarded = rig.guardian()
    rig.client().set("kept", "x")
    lease = rig.lease("disk.errors", **ERRORS)

    landed = guarded.inject(lease)
    with pytest.raises(redis.RedisError):
        rig.client().set("lost", "x")
    assert landed["write"] == "1 of 1: EIO"
    assert rig.server().identity.wait(PATIENCE_S)

    assert guarded.heal("the run ended") == []
    assert rig.client().mget("kept", "lost") == [b"x", None]
    assert rig.state(lease)[0] == HEALED


def test_few_errors_are_met_sometimes(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("disk.errors", **{**ERRORS, "percent": 20.0}))

    failed, _, of = landed["fsync"].partition(" of ")
    assert 0 < int(failed) < int(of.partition(":")[0])


def test_read_only_disk_can_be_read(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("disk.read_only"))

    assert landed["refused"] == "EROFS"
    assert not asking.writable(rig.way(), 5)
    assert (rig.lab.data(rig.lab.node("redis-1")) / "appendonlydir").is_dir()


@each_fault
def test_fault_ends_with_its_guardian_and_is_healed_from_the_ledger_alone(rig, fault, said):
    guarded = rig.guardian()
    lease = rig.lease(f"disk.{fault}", **said)
    guarded.inject(lease)

    rig.kill_guardian(guarded)

    assert world.wait_until(lambda: rules(rig) == [], PATIENCE_S)
    assert rig.heal_alone() == []
    assert rig.state(lease) == (HEALED, "swept")
    assert is_sound(rig)
    assert rig.heal_alone() == []


def test_fault_ends_at_its_deadline(rig):
    guarded = rig.guardian()
    lease = rig.lease("disk.read_only", for_s=0.5)

    guarded.inject(lease)

    assert world.wait_until(lambda: rig.state(lease)[0] == HEALED, PATIENCE_S)
    assert is_sound(rig)


@each_fault
def test_pass_through_that_dies_ends_the_fault_and_is_brought_back_with_its_server(
    rig, fault, said
):
    guarded = rig.guardian()
    rig.client().set("kept", "x")
    lease = rig.lease(f"disk.{fault}", **said)
    guarded.inject(lease)
    before = rig.server().identity

    rig.kill("redis-1-disk")

    assert world.wait_until(lambda: rig.state(lease)[0] == HEALED, PATIENCE_S), rig.state(lease)
    assert is_sound(rig)
    assert rig.server().identity != before
    assert rig.client().get("kept") == b"x"
    assert rig.client().set("after", "x")
    assert rig.told[-1]["early"]


def test_pass_through_that_died_with_its_guardian_is_brought_back_from_the_ledger_alone(rig):
    guarded = rig.guardian()
    rig.client().set("kept", "x")
    lease = rig.lease("disk.slow", **SLOW)
    guarded.inject(lease)

    rig.kill_guardian(guarded)
    rig.kill("redis-1-disk")

    assert rig.heal_alone() == []
    assert rig.state(lease) == (HEALED, "swept")
    assert is_sound(rig)
    assert rig.client().get("kept") == b"x"


def test_killed_server_stays_dead_while_the_one_who_killed_it_wants_it(rig):
    guarded = rig.guardian()
    slow = rig.lease("disk.slow", **SLOW, for_s=1.0)
    guarded.inject(slow)
    guarded.inject(rig.lease("process.kill", paths=False, for_s=30))

    assert world.wait_until(lambda: rig.state(slow)[0] == HEALED, PATIENCE_S)

    assert not rig.server().identity.same()
    assert guarded.heal("the run ended") == []
    assert rig.client().ping()


def test_two_faults_on_one_disk_end_each_by_itself(rig):
    guarded = rig.guardian()
    first = rig.lease("disk.slow", **SLOW, for_s=1.5)
    guarded.inject(first)
    guarded.inject(rig.lease("disk.slow", **{**SLOW, "ms": 400.0}))

    assert world.wait_until(lambda: rig.state(first)[0] == HEALED, PATIENCE_S)

    assert rules(rig) == ["slow"]
    assert guarded.heal("the run ended") == []
    assert is_sound(rig)


def test_disk_on_which_nothing_can_be_tried_is_refused_in_one_line(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("disk.read_only"))

    with pytest.raises(NotAllowed, match=r"^disk\.slow: no file can be made .* Read-only file"):
        guarded.inject(rig.lease("disk.slow", ms=50.0))


def test_disk_that_is_as_slow_already_is_refused(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("disk.slow", **SLOW))

    with pytest.raises(BadArgument, match=r"takes 15\d ms already"):
        guarded.inject(rig.lease("disk.slow", **SLOW))

    assert rules(rig) == ["slow"]


@each_fault
def test_attached_server_is_refused_with_the_reason(rig, fault, said):
    lease = rig.lease(f"disk.{fault}", **said)
    lease.settings["paths"]["redis-1"] |= {"owner": "attached", "folder": "", "disk": None}

    with pytest.raises(
        NotAllowed, match="attached: the files that it has open cannot be caught"
    ):
        rig.guardian().inject(lease)


def test_fault_without_a_pass_through_is_refused(rig):
    lease = rig.lease("disk.slow", **SLOW)
    lease.settings["paths"]["redis-1"]["disk"] = None

    with pytest.raises(NotAllowed, match="a lab gets one with `passthrough: true`"):
        rig.guardian().inject(lease)


def test_pass_through_that_stands_still_is_refused_in_time(rig):
    who = rig.server("redis-1-disk").identity
    who.send(signal.SIGSTOP)
    try:
        with pytest.raises(Exception, match="does not answer"):
            rig.guardian().inject(rig.lease("disk.read_only"))
    finally:
        who.send(signal.SIGCONT)
