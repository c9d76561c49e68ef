"""The longest silence bounds what outage could have gone unseen."""

import numpy as np

from chaos_ext.history.rows import FAILED, OK, READ, WRITE
from chaos_ext.history.silence import longest_silence_s, silences

S = 1_000_000_000


def _columns(*operations):
    kinds, outcomes, sent, finished = zip(*operations, strict=True)
    return {
        "kind": np.array(kinds),
        "outcome": np.array(outcomes),
        "sent_ns": np.array(sent) * S,
        "finished_ns": np.array(finished) * S,
    }


def test_silence_reaches_from_asking_one_success_to_the_end_of_the_next():
    columns = _columns((WRITE, OK, 0, 1), (WRITE, FAILED, 3, 4), (WRITE, OK, 6, 7))

    assert longest_silence_s(columns) == 7.0


def test_silence_of_one_kind_is_not_filled_by_the_other():
    columns = _columns((WRITE, OK, 0, 1), (READ, OK, 2, 3), (READ, OK, 4, 5), (WRITE, OK, 8, 9))

    assert longest_silence_s(columns) == 9.0


def test_silence_begins_with_the_latest_success_that_was_asked():
    columns = _columns((WRITE, OK, 0, 5), (WRITE, OK, 4, 4.5), (WRITE, OK, 6, 7))

    assert longest_silence_s(columns) == 3.0


def test_silence_lasts_to_the_end_when_the_witness_asked_nothing_more():
    columns = _columns((WRITE, OK, 0, 1), (WRITE, OK, 2, 3), (READ, OK, 0, 1), (READ, OK, 8, 9))

    assert longest_silence_s(columns, (0, 12 * S)) == 10.0


def test_silence_of_before_counts_only_where_it_reaches_into_what_is_measured():
    columns = _columns((WRITE, OK, 0, 1), (WRITE, OK, 5, 6), (WRITE, OK, 7, 8))

    found = silences(columns, WRITE, (6 * S, 8 * S))

    assert found == [(5 * S, 8 * S), (7 * S, 8 * S)]
