"""What waits goes on by itself, or at once when nobody wants it to wait any more."""

import itertools
import os
import signal

import pytest

from chaos_ext import world
from chaos_ext.passthrough import reading
from chaos_ext.passthrough.timers import Timers
from chaos_ext.passthrough.waiting import LOOK_NS, Waiting

FAR_NS = 1 << 62
GONE = 1 << 30  # above every pid there can be


class Asked:
    """What a waiter is told of a request."""

    def __init__(self, unique, pid):
        self.unique, self.pid = unique, pid


class Rig:
    """Operations that wait, and what became of them."""

    def __init__(self):
        self.timers, self.went_on, self.killed = Timers(), [], []
        self.waiting = Waiting(self.timers, self.killed.append)
        said = {"do": "slow", "ops": ["fsync"], "ms": 1, "lease": "one"}
        self.rules = reading.read([said, said], 1)

    def add(self, unique, *delays_ns, pid=0):
        delays = dict(zip(self.rules, delays_ns, strict=False))
        go_on = lambda: self.went_on.append(unique)  # noqa: E731 - one line says it
        self.waiting.add(Asked(unique, pid or os.getpid()), delays, go_on)


@pytest.fixture
def rig():
    return Rig()


def test_operation_goes_on_when_its_time_has_come(rig):
    rig.add(1, 1_000_000_000)

    rig.timers.run(world.monotonic_ns())
    assert rig.went_on == []
    rig.timers.run(world.monotonic_ns() + 1_000_000_000)

    assert rig.went_on == [1]
    assert len(rig.waiting) == 0


def test_operation_goes_on_when_the_rule_that_delays_it_ends(rig):
    rig.add(1, FAR_NS)

    rig.waiting.without(rig.rules[:1])
    rig.timers.run(world.monotonic_ns())

    assert rig.went_on == [1]


def test_operation_still_waits_for_another_rule(rig):
    rig.add(1, FAR_NS, 1_000_000_000)

    rig.waiting.without(rig.rules[:1])
    rig.timers.run(world.monotonic_ns())
    assert rig.went_on == []
    rig.timers.run(world.monotonic_ns() + 1_000_000_000)

    assert rig.went_on == [1]


def test_all_go_on_when_the_mount_ends(rig):
    rig.add(1, FAR_NS)
    rig.add(2, FAR_NS)

    rig.waiting.all_now()

    assert rig.went_on == [1, 2]


def test_caller_that_is_gone_waits_no_more(rig):
    rig.add(1, FAR_NS, pid=GONE)

    rig.waiting.interrupted(1)

    assert (rig.killed, rig.went_on) == ([1], [])
    assert len(rig.waiting) == 0


def test_caller_that_got_a_signal_and_lives_waits_on(rig, monkeypatch):
    clock = itertools.count(world.monotonic_ns(), LOOK_NS)
    monkeypatch.setattr(world, "monotonic_ns", lambda: next(clock))
    rig.add(1, 1_000_000_000)

    rig.waiting.interrupted(1)
    rig.timers.run(world.monotonic_ns() + 500_000_000)

    assert (rig.killed, rig.went_on) == ([], [])
    assert len(rig.waiting) == 1


def test_caller_that_is_killed_later_is_seen(rig):
    process = world.start_process(["sleep", "60"])
    rig.add(1, FAR_NS, pid=process.pid)
    rig.waiting.interrupted(1)

    process.send_signal(signal.SIGKILL)
    process.wait()
    rig.timers.run(world.monotonic_ns() + 100_000_000)

    assert rig.killed == [1]


def test_interrupt_of_what_does_not_wait_is_nothing(rig):
    rig.waiting.interrupted(99)

    assert rig.killed == []
