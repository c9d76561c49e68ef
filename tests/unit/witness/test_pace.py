"""Slots lie on a grid that no answer moves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_ext.history.rows import READ, WRITE
from chaos_ext.witness.pace import Pace

PACE = Pace(start_ns=1_000, pace_ns=40)


def slots(kind, *, failing, n=4):
    found = [PACE.next_slot_ns(kind, PACE.start_ns - 1, failing=failing)]
    while len(found) < n:
        found.append(PACE.next_slot_ns(kind, found[-1], failing=failing))
    return [slot - PACE.start_ns for slot in found]


def test_pace_puts_reads_between_writes_when_all_is_well():
    writes, reads = slots(WRITE, failing=False), slots(READ, failing=False)

    assert writes == [0, 40, 80, 120]
    assert reads == [20, 60, 100, 140]


def test_pace_asks_twice_as_often_and_still_by_turns_when_both_kinds_fail():
    writes, reads = slots(WRITE, failing=True), slots(READ, failing=True)

    assert writes == [0, 20, 40, 60]
    assert reads == [10, 30, 50, 70]


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 10_000), st.sampled_from([WRITE, READ]), st.booleans())
def test_pace_gives_the_next_slot_when_asked_at_any_time(after_ns, kind, failing):
    step_ns = PACE.pace_ns // 2 if failing else PACE.pace_ns

    slot_ns = PACE.next_slot_ns(kind, PACE.start_ns + after_ns, failing=failing)

    assert 0 < slot_ns - PACE.start_ns - after_ns <= step_ns
