"""The plan of the crash campaign: every room soon, every cell in the end, and the same again."""

import inspect
from collections import Counter

import pytest

MANY = 400


@pytest.fixture
def drawn(plan, catalogue):
    """Draws so many kills, each met as it is aimed at, in a lab where everything can be done."""

    def draw(count, seed=1, **more):
        names = [name for name, row in catalogue.ROWS.items() if catalogue.FITTED in row.labs]
        terms = plan.Terms(seed, names, catalogue.FITTED, disk=True, **more)
        results = []
        while len(results) < count:
            kill = plan.draw(terms, len(results), results)
            results.append({**kill.told(), "met": kill.instant, "killed": kill.dies})
        return names, results

    return draw


def test_first_kills_are_of_as_many_faults_of_every_room(drawn, catalogue):
    names, results = drawn(20)

    assert {catalogue.ROWS[e["fault"]].room for e in results} == set(catalogue.ROOMS)
    assert len({each["fault"] for each in results}) == min(20, len(names))


def test_every_cell_is_met_before_any_is_met_twice(drawn, plan):
    names, _ = drawn(0)
    cells = plan.cells(names[:2], disk=True)

    _, results = drawn(MANY, lab_every=10**6)

    met = Counter((each["fault"], each["instant"], each["dies"]) for each in results)
    mine = [met[cell.fault, cell.instant, cell.dies] for cell in cells]
    assert max(mine) - min(mine) <= 1


def test_a_cell_that_is_missed_is_aimed_at_again_but_not_for_ever(drawn, plan, catalogue):
    terms = plan.Terms(1, ["pause"], catalogue.FITTED, disk=False, lab_every=10**6)
    results = []
    for number in range(100):
        kill = plan.draw(terms, number, results)
        met = plan.PLACE if kill.instant == plan.INJECT else kill.instant
        results.append({**kill.told(), "met": met, "killed": kill.dies})

    aimed = Counter(each["instant"] for each in results)
    assert aimed[plan.INJECT] > aimed[plan.BEFORE]
    assert aimed[plan.BEFORE] > len(plan.KILLED)


def test_the_same_kills_are_drawn_again_with_the_same_seed(drawn):
    assert drawn(50) == drawn(50)
    assert drawn(50) != drawn(50, seed=2)


def test_every_so_many_kills_the_lab_is_taken_down_in_turns(drawn, plan):
    _, results = drawn(21, lab_every=5)

    ends = [each["instant"] for each in results if each["number"] % 5 == 4]
    assert ends == [plan.LAB_KILLED, plan.LAB_DOWN] * 2


def test_every_fault_of_the_vocabulary_has_a_row(catalogue):
    from chaos_ext.experiment.vocabulary import FAULT_NAMES  # noqa: PLC0415

    rows = {f"{row.room}.{row.func}" for row in catalogue.ROWS.values()}

    assert rows == set(FAULT_NAMES) - {
        "data.repair"
    }  # it does no harm, and undoes none of ours


def test_rows_ask_for_what_their_action_takes(catalogue):
    for name, row in catalogue.ROWS.items():
        taken = inspect.signature(row.action).parameters
        assert {"target", "for_s", *row.arguments} <= set(taken), name
