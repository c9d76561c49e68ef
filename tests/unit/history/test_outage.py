"""The bounds of an outage hold the truth, whatever the truth was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_ext.history.outage import longest, outages
from chaos_ext.history.rows import ERRORS, FAILED, OK, READ, UNKNOWN, WRITE

MS = 1_000_000
PACE_MS, DEADLINE_MS, ANSWER_MS, GRACE_MS = 20, 500, 0.3, 5


def columns_of(operations):
    """Rows (kind, sent_ms, finished_ms, outcome, error) as columns; -1 was never finished."""
    ordered = sorted(operations, key=lambda row: row[1])
    kind, sent, finished, outcome, error = zip(*ordered, strict=True) if ordered else ([],) * 5
    finished_ns = [int(ms * MS) if ms >= 0 else -1 for ms in finished]
    return {
        "kind": np.array(kind, dtype="u1"),
        "seq": np.arange(len(kind), dtype="u4"),
        "intended_ns": np.array([int(ms * MS) for ms in sent], dtype="i8"),
        "sent_ns": np.array([int(ms * MS) for ms in sent], dtype="i8"),
        "finished_ns": np.array(finished_ns, dtype="i8"),
        "outcome": np.array(outcome, dtype="u1"),
        "error": np.array([ERRORS.index(word) for word in error], dtype="u1"),
        "peer": np.zeros(len(kind), dtype="u8"),
    }


def served(kind, sent_ms):
    return (kind, sent_ms, sent_ms + ANSWER_MS, OK, "")


def refused(kind, sent_ms):
    return (kind, sent_ms, sent_ms + 1, FAILED, "refused")


def while_refused(down_ms, up_ms, slots):
    return [
        refused(kind, at) if down_ms <= at < up_ms else served(kind, at) for kind, at in slots
    ]


def while_hung(down_ms, up_ms, slots):
    """As the canary acts: the first deadline that passes ends the connection for all on it."""
    rows, since = [], None
    for kind, at in slots:
        if not down_ms <= at < up_ms:
            rows.append(served(kind, at))
            continue
        if since is None or at > since + DEADLINE_MS:
            since = at
        if since + DEADLINE_MS < up_ms:
            word = "timeout" if at == since else "lost"
            rows.append((kind, at, since + DEADLINE_MS, UNKNOWN, word))
        else:
            rows.append((kind, at, up_ms + ANSWER_MS, OK, ""))
    return rows


def slots_until(end_ms, offset_ms=0.0):
    half = PACE_MS // 2
    return [(n % 2, offset_ms + n * half) for n in range(int(end_ms / half))]


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.sampled_from([while_refused, while_hung]),
    st.floats(60, 400),
    st.floats(DEADLINE_MS + PACE_MS + 1, 2_000),
    st.floats(0, 9.9),
)
def test_bounds_hold_the_truth_when_a_service_refuses_or_hangs(
    behave, down_ms, length_ms, offset_ms
):
    up_ms = down_ms + length_ms
    columns = columns_of(behave(down_ms, up_ms, slots_until(up_ms + 200, offset_ms)))

    for kind in (WRITE, READ):
        (found,) = outages(columns, kind)

        assert found.lower_s <= length_ms / 1e3 <= found.upper_s
        widest_ms = 2 * (PACE_MS + ANSWER_MS) + (4 * GRACE_MS if behave is while_hung else 1)
        assert found.upper_s - found.lower_s <= widest_ms / 1e3 + 1e-9
        assert not found.open
        assert found.last_good_ns <= down_ms * MS
        assert found.next_good_ns >= up_ms * MS


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), min_size=1, max_size=12))
def test_bounds_hold_every_outage_when_a_service_flaps(stretches):
    slots, rows, truth, n = slots_until(3_600), [served(0, 0), served(1, 10)], [], 2
    for up, length in [*stretches, (True, 2)]:
        first = n
        rows += [(served if up else refused)(*slots[i]) for i in range(n, n + length)]
        n += length
        if not up and length > 1:  # both kinds were asked
            truth.append((slots[first][1], slots[n - 1][1]))

    found = [outages(columns_of(rows), kind) for kind in (WRITE, READ)]

    for first_ms, last_ms in truth:
        for each in found:
            assert any(
                outage.last_good_ns <= first_ms * MS
                and (outage.open or outage.next_good_ns >= last_ms * MS)
                for outage in each
            )
    assert all(outage.lower_s <= outage.upper_s for each in found for outage in each)


def test_there_is_no_outage_when_all_succeed():
    columns = columns_of([served(*slot) for slot in slots_until(200)])

    assert outages(columns, WRITE) == []
    assert longest(columns) is None


def test_there_is_no_outage_when_there_are_no_rows():
    columns = columns_of([])

    assert longest(columns) is None


def test_a_pause_is_no_outage_when_it_is_shorter_than_the_deadline():
    columns = columns_of(while_hung(100, 100 + DEADLINE_MS - 50, slots_until(900)))

    assert set(columns["outcome"]) == {OK}
    assert longest(columns) is None


def test_an_outage_is_open_when_the_rows_end_in_it():
    columns = columns_of(while_refused(100, 10_000, slots_until(500)))

    found = longest(columns)

    assert found.open
    assert found.next_good_ns == -1
    assert found.lower_s == pytest.approx(0.389, abs=0.001)
    assert found.upper_s == pytest.approx(0.411, abs=0.001)


def test_an_operation_is_no_outage_when_the_rows_end_before_it_could_be_answered():
    columns = columns_of(
        [*(served(*slot) for slot in slots_until(200)), (0, 200, -1, UNKNOWN, "")]
    )

    assert longest(columns) is None


def test_an_operation_is_an_outage_when_the_witness_ended_before_its_deadline():
    hung = [(n % 2, 200 + n * 10, -1, UNKNOWN, "") for n in range(20)]
    columns = columns_of([*(served(*slot) for slot in slots_until(200)), *hung])

    found = longest(columns)

    assert found.open
    assert found.lower_s > 0.17


def test_nothing_is_an_outage_when_it_was_before_the_first_success():
    columns = columns_of(while_refused(0, 100, slots_until(300)))

    assert longest(columns) is None


def test_reads_are_out_when_only_writes_were_ever_served():
    rows = [served(0, at) for at in range(0, 200, 20)]
    rows += [(READ, at + 10, at + 11, FAILED, "wrong value") for at in range(0, 200, 20)]

    (found,) = outages(columns_of(rows), READ)

    assert found.kind == "read"
    assert found.open
    assert found.failed == 10
    assert found.last_good_ns == 0
    assert outages(columns_of(rows), WRITE) == []


def test_all_is_out_when_nothing_ever_succeeded():
    columns = columns_of([refused(*slot) for slot in slots_until(200)])

    found = longest(columns)

    assert found.open
    assert found.failed == 10


def test_reads_do_not_sharpen_writes_when_they_fail_for_a_reason_of_their_own():
    rows = while_refused(100, 140, slots_until(300))
    late = [(READ, 141, 142, FAILED, "wrong value")]

    with_it, without = outages(columns_of(rows + late), WRITE), outages(columns_of(rows), WRITE)

    assert with_it == without


def test_the_upper_bound_grows_when_a_success_overlaps_a_refusal():
    rows = [served(0, 0), (0, 20, 30, OK, ""), (0, 22, 31, FAILED, "error"), served(0, 40)]

    (found,) = outages(columns_of(rows), WRITE)

    assert found.last_good_ns == 0
    assert found.next_good_ns == 40.3 * MS


def test_longest_is_the_one_with_the_greatest_upper_bound_when_there_are_several():
    rows = while_refused(100, 200, slots_until(400))
    rows += while_refused(500, 900, [(kind, at + 400) for kind, at in slots_until(800)])

    found = longest(columns_of(rows))

    assert found.lower_s <= 0.4 <= found.upper_s
    assert len(outages(columns_of(rows), WRITE)) == 2
