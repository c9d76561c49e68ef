"""The budget: who waits for room is told when there is some."""

import pytest

from chaos_ext.proxy.core.budget import Budget


class Waiting:
    """Somebody who counts how often there was room."""

    told = 0

    def relax(self):
        self.told += 1


@pytest.mark.parametrize(("held", "tight"), [(0, False), (100, False), (101, True)])
def test_budget_is_tight_when_more_is_held_than_may_be(held, tight):
    budget = Budget(most=100)

    budget.held += held

    assert budget.tight() is tight


def test_budget_tells_who_waits_once_there_is_room():
    budget, who = Budget(most=100), Waiting()
    budget.held = 200
    budget.wait(who)

    budget.give_back(100)
    at_the_brim = who.told
    budget.give_back(50)
    budget.give_back(50)

    assert (at_the_brim, who.told) == (0, 1)


def test_budget_tells_nobody_who_went_away():
    budget, who = Budget(most=100), Waiting()
    budget.held = 200
    budget.wait(who)

    budget.forget(who)
    budget.give_back(200)

    assert who.told == 0
