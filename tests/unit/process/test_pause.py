"""A pause has landed when every thread stands still, and is healed when none does."""

import pytest

from chaos_ext.process import pause
from chaos_ext.process.pause import Pause


class Held:
    """A tracer that holds, or is not allowed to."""

    error = None

    def __init__(self, _pid):
        if self.error:
            raise self.error
        self.released = 0

    def release(self):
        self.released += 1


@pytest.fixture
def frozen(target, monkeypatch):
    """A target that does not die of a signal, and stands still."""
    target.identity = type("Identity", (), {"pid": 1})
    target.dies_of_a_signal, target.threads = False, "tt"
    monkeypatch.setattr(pause, "Tracer", Held)
    return target


def test_pause_is_held_by_the_tracer_when_that_is_allowed(frozen):
    fault = Pause(frozen)

    fault.inject()

    assert frozen.done == []
    assert fault.landed() == {"threads": 2, "held_by": "ptrace"}


def test_pause_is_held_by_sigstop_when_nobody_may_trace(frozen, monkeypatch):
    monkeypatch.setattr(Held, "error", PermissionError())
    frozen.threads = "TT"
    fault = Pause(frozen)

    fault.inject()

    assert frozen.done == ["SIGSTOP"]
    assert fault.landed() == {"threads": 2, "held_by": "SIGSTOP"}


@pytest.mark.parametrize("threads", ["tS", "S", "", "tR"])
def test_pause_has_not_landed_while_a_thread_runs(frozen, threads):
    frozen.threads = threads

    assert Pause(frozen).landed() is None


def test_pause_is_not_in_place_when_the_target_is_dead(frozen):
    frozen.alive = False

    assert Pause(frozen).landed() is None
    assert Pause(frozen).healed()


def test_pause_lets_go_once_when_it_is_healed_twice(frozen):
    fault = Pause(frozen)
    fault.inject()
    tracer = fault._tracer

    fault.heal()
    fault.heal()

    assert tracer.released == 1
    assert frozen.done == []


def test_pause_wakes_what_was_told_to_stop_and_has_not_stopped_yet(frozen):
    fault = Pause(frozen, trace=False)
    fault.inject()
    frozen.threads = "SS"

    fault.heal()
    fault.heal()

    assert frozen.done == ["SIGSTOP", "SIGCONT"]


def test_pause_wakes_what_a_dead_guardian_has_stopped(frozen):
    frozen.threads = "TT"

    Pause(frozen).heal()

    assert frozen.done == ["SIGCONT"]


def test_pause_leaves_alone_what_runs(frozen):
    frozen.threads = "SS"

    Pause(frozen).heal()

    assert frozen.done == []
    assert Pause(frozen).healed()


@pytest.mark.parametrize("threads", ["St", "ST", "tt"])
def test_pause_is_not_healed_while_a_thread_stands_still(frozen, threads):
    frozen.threads = threads

    assert not Pause(frozen).healed()
