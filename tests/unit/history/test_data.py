"""What became of each write is told from its answer and from what was read back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.history.data import judge_data, together
from chaos_ext.history.rows import FAILED, OK, READ, UNKNOWN, WRITE

one_write = st.tuples(
    st.sampled_from([OK, FAILED, UNKNOWN]),
    st.booleans(),  # answered?
    st.sampled_from(["match", "missing", "other", "unread", "never looked for"]),
)


def _data(writes, unexpected=0):
    count = len(writes)
    columns = {
        "kind": np.full(count, WRITE, dtype="u1"),
        "seq": np.arange(count, dtype="u4"),
        "outcome": np.array([outcome for outcome, _, _ in writes], dtype="u1"),
        "finished_ns": np.array(
            [9 if answered else -1 for _, answered, _ in writes], dtype="i8"
        ),
    }
    found = [(seq, place) for seq, (_, _, place) in enumerate(writes) if " " not in place]
    read_back = {"seq": [seq for seq, _ in found], "primary": [place for _, place in found]}
    return judge_data(columns, read_back, unexpected)


def test_data_counts_a_write_as_lost_only_when_it_was_acknowledged():
    data = _data([(OK, True, "missing"), (UNKNOWN, True, "missing"), (FAILED, True, "missing")])

    assert (data.lost, data.unknown, data.failed, data.lost_sample) == (1, 1, 1, (0,))


def test_data_takes_an_unanswered_write_for_unknown_whatever_its_row_says():
    data = _data([(OK, False, "missing"), (OK, False, "match")])

    assert (data.lost, data.unknown, data.recovered) == (0, 2, 1)


def test_data_calls_another_value_lost_and_unexpected():
    data = _data([(OK, True, "other")], unexpected=2)

    assert (data.lost, data.unexpected) == (1, 3)


def test_data_does_not_look_at_reads():
    columns = {
        "kind": np.array([READ]),
        "seq": np.array([0]),
        "outcome": np.array([OK]),
        "finished_ns": np.array([5]),
    }

    data = judge_data(columns, {"seq": [0], "primary": ["missing"]}, 0)

    assert (data.acknowledged, data.lost) == (0, 0)


def test_together_counts_every_write_and_samples_the_first():
    first = _data([(OK, True, "missing"), (UNKNOWN, True, "match")], unexpected=1)
    second = _data([(OK, True, "missing"), (OK, True, "match"), (FAILED, True, "unread")])

    both = together([first, second])

    assert (both.acknowledged, both.failed, both.unknown, both.lost) == (3, 1, 1, 2)
    assert (both.unexpected, both.recovered, both.unread) == (1, 1, 1)
    assert both.lost_sample == first.lost_sample
    assert together([second]) == second


@given(st.lists(one_write, max_size=30))
def test_data_has_every_write_in_exactly_one_place(writes):
    data = _data(writes)

    assert data.acknowledged + data.failed + data.unknown == len(writes)
    assert data.lost + data.acknowledged_unread <= data.acknowledged
    assert data.recovered <= data.unknown
    assert len(data.lost_sample) == min(8, data.lost)
