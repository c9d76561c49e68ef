"""A kill has landed when the process is gone, and is healed when the server serves again."""

import pytest

from chaos_ext.errors import TargetGone
from chaos_ext.process.kill import Kill


def test_kill_lands_when_the_process_has_ended(target):
    fault = Kill(target)

    fault.inject()

    assert target.done == ["SIGKILL"]
    assert fault.landed() == {"ended": True}


def test_kill_has_not_landed_while_the_process_lives(target):
    target.dies_of_a_signal = False
    fault = Kill(target)

    fault.inject()

    assert fault.landed() is None


def test_kill_is_not_in_place_when_somebody_has_taken_its_place(target):
    target.alive, target.other = False, True

    assert Kill(target).landed() is None


def test_kill_is_healed_by_starting_the_server_again(target):
    fault = Kill(target)
    fault.inject()

    fault.heal()

    assert target.done == ["SIGKILL", "start"]


def test_kill_is_healed_when_the_server_goes_on_serving(target):
    healed = Kill(target).healed()

    assert healed
    assert target.done == ["look twice"]


@pytest.mark.parametrize("signum", [9, 15])
def test_kill_waits_for_the_end_of_what_was_asked_to_end(target, signum):
    target.dies_of_a_signal = False
    fault = Kill(target, signum=signum)
    fault.inject()

    fault.heal()

    name = {9: "SIGKILL", 15: "SIGTERM"}[signum]
    assert target.done == [name, f"end {name}", "start"]


def test_kill_ends_what_may_have_been_asked_to_end_by_a_guardian_that_is_dead(target):
    Kill(target, signum=15).heal()

    assert target.done == ["end SIGTERM", "start"]


def test_kill_does_not_end_what_it_was_not_allowed_to_signal(target):
    def refuse(_signum):
        raise PermissionError

    target.send = refuse
    fault = Kill(target)
    with pytest.raises(PermissionError):
        fault.inject()

    fault.heal()

    assert target.done == ["start"]


def test_kill_is_not_healed_while_the_server_does_not_serve(target):
    target.serves = False

    assert not Kill(target).healed()


def test_kill_passes_on_that_its_target_is_gone(target):
    def gone(_signum):
        raise TargetGone("gone")

    target.send = gone

    with pytest.raises(TargetGone):
        Kill(target).inject()
