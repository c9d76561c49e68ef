"""A lease is ended in time whatever else is waited for, and is never asked to be healed too early."""

import pytest

from chaos_ext.errors import FaultDidNotLand
from chaos_ext.lease.held import Held
from chaos_ext.lease.ledger import HEALED


@pytest.fixture
def due(desk, lease):
    """A fault in place whose time is over, and of which nobody has taken notice yet."""
    other = desk.other("due")
    desk.keeper.inject(lease("due", for_s=0), held_server=False)
    return other


def test_keeper_heals_what_is_due_while_another_fault_does_not_land(desk, lease, due):
    desk.fake.lands = False

    with pytest.raises(FaultDidNotLand):
        desk.keeper.inject(lease(), held_server=False)

    assert due.asked == ["inject", "heal"]
    desk.keeper.expire()
    assert desk.told[-1] == ("due", HEALED, "deadline", False)


def test_keeper_heals_what_is_due_while_another_fault_is_looked_at(desk, lease, due):
    desk.keeper.inject(lease(), held_server=False)

    desk.keeper.watch()

    assert due.asked == ["inject", "heal"]
    assert desk.told == []


@pytest.fixture
def held(desk, lease):
    """A fault that has landed."""
    made = Held(lease(), desk.fake, desk.fake)
    made.landed = True
    return made


def test_held_is_not_healed_before_its_time(held, desk):
    held.heal_when_due()

    assert desk.fake.asked == []


def test_held_is_healed_once_when_its_time_is_over(held, desk, lease):
    held.lease = lease(for_s=0)

    held.heal_when_due()
    held.heal_when_due()

    assert desk.fake.asked == ["heal"]


def test_held_is_left_alone_while_it_has_yet_to_land(held, desk, lease):
    held.lease, held.landed = lease(for_s=0), False

    held.heal_when_due()

    assert desk.fake.asked == []


def test_held_says_why_it_is_missing(held, desk, monkeypatch):
    there = held.missing()
    desk.fake.lands = False
    ended = held.missing()
    monkeypatch.setattr(desk.fake, "landed", {}.popitem)
    broken = held.missing()

    assert (there, ended) == ("", "ended before its time")
    assert broken.startswith("nobody can see any more whether it is in place: KeyError: ")


@pytest.mark.parametrize(
    ("for_s", "said"), [(-0.1, "deadline"), (-2.0, "deadline, missed by 2.0 s")]
)
def test_held_says_by_how_much_its_time_was_missed(held, lease, for_s, said):
    held.lease = lease(for_s=for_s)

    held.heal_when_due()

    assert held.deadline() == said
