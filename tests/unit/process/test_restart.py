"""A restart has landed when another process serves in the place of the first."""

from chaos_ext.process.restart import Restart


def test_restart_lands_when_the_new_process_serves(target):
    fault = Restart(target)

    fault.inject()

    assert fault.landed() == {"restarted": True}
    assert target.done == ["SIGTERM", "start"]


def test_restart_starts_nothing_before_the_old_process_has_ended(target):
    target.dies_of_a_signal = False
    fault = Restart(target)

    fault.inject()

    assert fault.landed() is None
    assert target.done == ["SIGTERM"]


def test_restart_has_not_landed_while_the_new_process_does_not_serve(target):
    target.serves = False
    fault = Restart(target)
    fault.inject()

    assert fault.landed() is None
    assert not fault.healed()


def test_restart_starts_the_server_once_when_it_ends_again_and_again(target):
    target.serves = False
    fault = Restart(target)
    fault.inject()

    answers = [fault.landed() for _ in range(3)]

    assert answers == [None] * 3
    assert target.done == ["SIGTERM", "start"]


def test_restart_is_healed_when_its_guardian_died_in_the_middle(target):
    fault = Restart(target)

    fault.heal()

    assert target.done == ["end SIGTERM", "start"]
    assert fault.healed()
    assert target.done[-1] == "look twice"


def test_restart_is_over_as_soon_as_it_has_landed():
    assert Restart.momentary
