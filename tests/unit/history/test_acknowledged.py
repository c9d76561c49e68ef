"""For how long writes were acknowledged is never said to be more, or less, than the rows show."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.history.acknowledged import still_acknowledged
from chaos_ext.history.rows import FAILED, OK, READ, UNKNOWN, WRITE

MS = 1_000_000
BEGAN, ENDED = (1_000 * MS, 1_000 * MS), (2_000 * MS, 2_000 * MS)


def _rows(*operations):
    """Operations of (sent_ms, finished_ms, outcome), and of what kind when they are no writes."""
    told = [(*each, WRITE)[:4] for each in operations]
    sent, finished, outcome, kind = zip(*told, strict=True)
    return {
        "kind": np.array(kind, dtype="u1"),
        "seq": np.arange(len(told), dtype="u4"),
        "outcome": np.array(outcome, dtype="u1"),
        "sent_ns": np.array([at * MS for at in sent], dtype="i8"),
        "finished_ns": np.array([-1 if at < 0 else at * MS for at in finished], dtype="i8"),
    }


def _bounds_ms(found):
    return found.lower_s * 1e3, found.upper_s * 1e3


def test_still_reaches_from_the_last_good_write_to_the_first_that_failed_after_it():
    columns = _rows((1_100, 1_101, OK), (1_300, 1_302, OK), (1_320, 1_325, FAILED))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (300, 325)
    assert found.count == 2


def test_still_is_none_when_no_write_was_acknowledged_afterwards():
    columns = _rows((980, 981, OK), (1_001, 1_003, FAILED), (2_100, 2_101, OK))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (0, 3)
    assert found.count == 0


def test_still_has_no_upper_end_when_none_failed_before_the_end():
    columns = _rows((1_100, 1_101, OK), (1_990, 1_991, OK), (2_010, 2_011, FAILED))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (990, math.inf)


def test_still_counts_from_the_last_of_several_stretches():
    columns = _rows(
        (1_100, 1_101, OK), (1_120, 1_121, FAILED), (1_500, 1_501, OK), (1_520, 1_521, FAILED)
    )

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (500, 521)


def test_still_takes_a_write_without_an_answer_for_a_no_at_its_deadline():
    columns = _rows((1_100, 1_101, OK), (1_120, 1_620, UNKNOWN))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (100, 620)


def test_still_learns_nothing_from_a_write_that_was_never_over():
    columns = _rows((1_100, 1_101, OK), (1_120, -1, UNKNOWN))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert found.upper_s == math.inf


def test_still_does_not_trust_a_failure_that_overlaps_the_last_good_answer():
    columns = _rows((1_100, 1_160, OK), (1_120, 1_125, FAILED), (1_180, 1_182, FAILED))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (100, 182)


def test_still_does_not_look_at_reads():
    columns = _rows((1_100, 1_101, OK), (1_120, 1_121, FAILED), (1_500, 1_501, OK, READ))

    found = still_acknowledged(columns, BEGAN, ENDED)

    assert _bounds_ms(found) == (100, 121)


def test_still_takes_the_instant_that_says_less_when_beginning_and_end_are_not_exact():
    columns = _rows((1_500, 1_501, OK), (1_520, 1_522, FAILED), (1_900, 1_901, OK))

    certain = still_acknowledged(columns, (1_000 * MS, 1_200 * MS), (1_800 * MS, 1_850 * MS))
    in_doubt = still_acknowledged(columns, BEGAN, (1_800 * MS, 2_000 * MS))

    assert _bounds_ms(certain) == (300, 522)
    assert _bounds_ms(in_doubt) == (500, math.inf)


@given(
    stops_ms=st.integers(1, 900),
    took_ms=st.integers(0, 15),
    pace_ms=st.integers(5, 40),
    share=st.floats(0, 1),
)
def test_still_always_holds_the_instant_at_which_the_service_stopped(
    stops_ms, took_ms, pace_ms, share
):
    truth_ms = 1_000 + stops_ms
    answered_at = [(at, at + took_ms * share) for at in range(900, 2_000, pace_ms)]
    columns = _rows(
        *(
            (at, at + took_ms, OK if instant <= truth_ms else FAILED)
            for at, instant in answered_at
        )
    )

    found = still_acknowledged(columns, BEGAN, ENDED)

    lower_ms, upper_ms = _bounds_ms(found)
    assert lower_ms <= stops_ms
    assert upper_ms >= stops_ms - pace_ms - took_ms  # the last one that it acknowledged
    assert upper_ms - lower_ms <= 3 * pace_ms + 3 * took_ms
