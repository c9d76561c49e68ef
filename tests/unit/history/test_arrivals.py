"""The figures of a phase count what was planned, not only what was sent."""

import numpy as np
import pytest

from chaos_ext.history.arrivals import figures, overdue_s
from chaos_ext.history.rows import ARRIVAL, DROPPED, FAILED, OK

MS = 1_000_000


def _rows(outcomes, waited_ms):
    rows = np.zeros(len(outcomes), dtype=ARRIVAL)
    rows["outcome"] = outcomes
    rows["intended_ns"] = np.arange(len(outcomes)) * 10 * MS
    rows["finished_ns"] = rows["intended_ns"] + np.array(waited_ms) * MS
    return rows


def test_figures_count_every_planned_arrival_once():
    rows = _rows([OK, OK, FAILED, DROPPED], [1, 2, 3, 50])

    found = figures(rows, [("baseline", 0, 40 * MS)])["baseline"]

    assert (found.planned, found.sent, found.ok) == (4, 3, 2)
    assert (found.failed, found.dropped) == (1, 1)
    assert (found.error_ratio, found.dropped_ratio) == (0.5, 0.25)
    assert found.offered_per_s == pytest.approx(75)


def test_figures_put_an_arrival_into_the_phase_it_was_intended_in():
    rows = _rows([OK] * 4, [500] * 4)

    found = figures(rows, [("baseline", 0, 20 * MS), ("fault", 20 * MS, 21 * MS)])

    assert (found["baseline"].planned, found["fault"].planned) == (2, 1)


def test_figures_give_a_quantile_no_upper_end_where_arrivals_were_dropped():
    rows = _rows([OK] * 96 + [DROPPED] * 4, [5] * 96 + [2000] * 4)

    latency = figures(rows, [("fault", 0, 1000 * MS)])["fault"].latency_ms

    assert (latency[95].lower_ms, latency[95].upper_ms) == (5, 5)
    assert (latency[99].lower_ms, latency[99].upper_ms) == (2000, float("inf"))


def test_figures_of_a_phase_without_arrivals_have_no_latency():
    found = figures(_rows([], []), [("fault", 0, 10)])["fault"]

    assert (found.planned, found.latency_ms, found.latency_ms_max) == (0, {}, 0.0)


def test_figures_take_a_fast_refusal_for_no_answer():
    rows = _rows([OK] * 90 + [FAILED] * 10, [5] * 90 + [1] * 10)

    found = figures(rows, [("fault", 0, 1000 * MS)])["fault"]

    assert found.latency_ms[50].upper_ms == 5
    assert found.latency_ms[99].upper_ms == np.inf


def test_overdue_is_what_an_arrival_took_beyond_its_deadline():
    rows = _rows([OK, FAILED, FAILED, OK], [5, 2000, 3700, 2900])

    found = overdue_s(
        rows, [("baseline", 0, 30 * MS), ("fault", 30 * MS, 99 * MS)], 2.0, capped=False
    )

    assert found == {"baseline": pytest.approx(1.7), "fault": pytest.approx(0.9)}


@pytest.mark.parametrize(("capped", "over_s"), [(True, 0.0), (False, 1.8)])
def test_overdue_counts_dropped_arrivals_where_there_were_users_for_all(capped, over_s):
    rows = _rows([OK, DROPPED], [5, 3800])

    found = overdue_s(rows, [("fault", 0, 99 * MS)], 2.0, capped=capped)

    assert found == {"fault": pytest.approx(over_s)}
