"""What is said about a phase follows from the rows alone."""

import numpy as np
import pytest

from chaos_ext.history import rows
from chaos_ext.load.measure import measure

MS = 1_000_000
S = 1_000_000_000


def arrivals(*told):
    """Rows from (intended_ms, took_ms, outcome)."""
    made = np.zeros(len(told), dtype=rows.ARRIVAL)
    for row, (intended_ms, took_ms, outcome) in zip(made, told, strict=True):
        row["intended_ns"], row["outcome"] = intended_ms * MS, outcome
        row["finished_ns"] = (intended_ms + took_ms) * MS
        row["sent_ns"] = 0 if outcome == rows.DROPPED else intended_ms * MS
    return made


def test_measure_counts_dropped_arrivals_as_errors():
    told = arrivals((0, 1, rows.OK), (1, 9, rows.FAILED), (2, 9, rows.DROPPED), (3, 1, rows.OK))

    found = measure(told, [("fault", 0, S)])["fault"]

    assert [found[n] for n in ("planned", "sent", "ok", "failed", "dropped")] == [4, 3, 2, 1, 1]
    assert found["error_ratio"] == 0.5
    assert found["dropped_ratio"] == 0.25
    assert found["offered_per_s"] == 4.0


def test_measure_puts_an_arrival_where_it_was_due_when_it_ended_in_the_next_phase():
    told = arrivals((999, 500, rows.OK), (1000, 1, rows.OK))

    found = measure(told, [("baseline", 0, S), ("fault", S, 2 * S)])

    assert [found[name]["planned"] for name in ("baseline", "fault")] == [1, 1]
    assert found["baseline"]["latency_ms_max"] == 500


def test_measure_takes_quantiles_that_were_really_seen_with_failures_among_them():
    told = arrivals(*[(k, k + 1, rows.OK) for k in range(99)], (99, 2000, rows.FAILED))

    found = measure(told, [("fault", 0, S)])["fault"]

    assert [found[f"latency_ms_{q}"] for q in ("p50", "p95", "p99", "max")] == [
        50,
        95,
        99,
        2000,
    ]


def test_measure_leaves_dropped_arrivals_out_of_the_latency():
    told = arrivals((0, 3, rows.OK), (1, 9999, rows.DROPPED))

    found = measure(told, [("fault", 0, S)])["fault"]

    assert found["latency_ms_max"] == 3


@pytest.mark.parametrize("told", [(), ((5, 1, rows.OK),)])
def test_measure_says_nothing_rather_than_zero_when_a_phase_is_empty(told):
    found = measure(arrivals(*told), [("recovery", S, 2 * S)])["recovery"]

    assert found["planned"] == 0
    assert found["error_ratio"] is None
    assert found["latency_ms_p99"] is None
