"""Arrivals come from the start and the rate alone."""

from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.load.schedule import Schedule

RATES = st.floats(min_value=0.1, max_value=20_000)
STARTS = st.integers(min_value=0, max_value=10**15)


def test_schedule_makes_the_first_arrival_due_at_its_start():
    schedule = Schedule(5_000, 300)

    assert schedule.due_ns(0) == 5_000
    assert schedule.planned_until(5_000) == 1
    assert schedule.planned_until(4_999) == 0


def test_schedule_does_not_drift_when_the_period_is_not_whole():
    schedule = Schedule(0, 300)

    assert schedule.due_ns(300 * 3600) == 3600 * 1_000_000_000


@given(STARTS, RATES, st.integers(min_value=0, max_value=10**6))
def test_schedule_counts_an_arrival_exactly_from_the_moment_it_is_due(t0_ns, rate_per_s, seq):
    schedule = Schedule(t0_ns, rate_per_s)

    due_ns = schedule.due_ns(seq)

    assert schedule.planned_until(due_ns) == seq + 1
    assert schedule.planned_until(due_ns - 1) == seq
