"""Nothing that was due is skipped, and nothing is counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.load.flow import Flow
from chaos_ext.load.tally import Tally

MS = 1_000_000


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self, patch):
        self.now_ns = 10**12
        patch.setattr(world, "monotonic_ns", lambda: self.now_ns)
        patch.setattr(world, "sleep", self.pass_s)

    def pass_s(self, seconds):
        self.now_ns += max(1, round(seconds * 1e9))


class Scripted:
    """Operations that take the milliseconds they are told to, then fail as they are told to."""

    def __init__(self, clock, took_ms=0, error=""):
        self.clock, self.took_ms, self.error = clock, took_ms, error
        self.lefts_s = []

    def kind(self, seq):
        return seq % 2

    def perform(self, seq, left_s):
        self.lefts_s.append(left_s)
        self.clock.now_ns += self.took_ms * MS
        if isinstance(self.error, Exception):
            raise self.error
        return self.error


class Nowhere:
    def put(self, packed):
        assert packed


class Rig:
    def __init__(self, clock, operations, rate_per_s=100, deadline_s=0.5):
        self.clock, self.operations = clock, operations
        self.tally, self.told = Tally(Nowhere()), []
        self.flow = Flow(operations, self.tally, rate_per_s, deadline_s, self.told.append)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_flow_sends_each_arrival_when_it_is_due(clock):
    rig = Rig(clock, Scripted(clock))
    t0_ns = rig.flow.begin()

    served = [rig.flow.serve_next() for _ in range(5)]

    assert served == [True] * 5
    assert [row.sent_ns - t0_ns for row in rig.told] == [k * 10 * MS for k in range(5)]
    assert {row.outcome for row in rig.told} == {rows.OK}


def test_flow_measures_from_the_intended_time_when_it_is_late(clock):
    rig = Rig(clock, Scripted(clock, took_ms=30))
    rig.flow.begin()

    for _ in range(3):
        rig.flow.serve_next()

    assert [(row.finished_ns - row.intended_ns) // MS for row in rig.told] == [30, 50, 70]
    assert rig.operations.lefts_s == pytest.approx([0.5, 0.48, 0.46])


def test_flow_drops_an_arrival_when_its_deadline_has_passed_before_it_was_sent(clock):
    rig = Rig(clock, Scripted(clock))
    rig.flow.begin()
    clock.now_ns += 505 * MS

    rig.flow.serve_next()
    rig.flow.serve_next()

    assert [row.outcome for row in rig.told] == [rows.DROPPED, rows.OK]
    assert rig.told[0].sent_ns == 0
    assert len(rig.operations.lefts_s) == 1


def test_flow_fails_an_answer_when_it_comes_after_the_deadline(clock):
    rig = Rig(clock, Scripted(clock, took_ms=501))
    rig.flow.begin()

    rig.flow.serve_next()

    assert rig.told[0].outcome == rows.FAILED
    assert rig.told[0].error == "timeout"


@pytest.mark.parametrize(
    ("error", "written"), [("lost", "lost"), (ValueError("no such thing"), "error")]
)
def test_flow_keeps_its_user_when_an_operation_goes_wrong(clock, error, written):
    rig = Rig(clock, Scripted(clock, error=error))
    rig.flow.begin()

    goes_on = rig.flow.serve_next()

    assert goes_on
    assert (rig.told[0].outcome, rig.told[0].error) == (rows.FAILED, written)


def test_flow_drops_what_was_due_and_never_taken_when_it_ends(clock):
    rig = Rig(clock, Scripted(clock))
    rig.flow.begin()
    clock.now_ns += 95 * MS

    planned = rig.flow.end()

    assert planned == 10
    assert [row.outcome for row in rig.told] == [rows.DROPPED] * 10
    assert rig.flow.is_complete()
    assert not rig.flow.serve_next()


def test_flow_lets_a_waiting_user_go_when_it_ends_before_the_arrival_is_due(clock, monkeypatch):
    rig = Rig(clock, Scripted(clock))
    rig.flow.begin()
    rig.flow.serve_next()
    monkeypatch.setattr(world, "sleep", lambda _s: rig.flow.end())

    goes_on = rig.flow.serve_next()

    assert not goes_on
    assert rig.tally.summary(1) == {"planned": 1, "sent": 1, "ok": 1, "failed": 0, "dropped": 0}
    assert rig.flow.is_complete()


def test_flow_writes_one_row_when_an_arrival_is_given_up_and_then_answered(clock):
    operations = Scripted(clock)
    rig = Rig(clock, operations)

    def never_in_time(_seq, _left_s):
        rig.flow.end()
        rig.flow.give_up()
        return ""

    operations.perform = never_in_time
    rig.flow.begin()

    rig.flow.serve_next()

    assert [(row.outcome, row.error) for row in rig.told] == [(rows.FAILED, "timeout")]
    assert rig.flow.is_complete()


def test_flow_plans_nothing_when_it_ends_before_it_began(clock):
    rig = Rig(clock, Scripted(clock))

    planned = rig.flow.end()

    assert planned == 0
    assert rig.flow.is_complete()
    assert not rig.flow.serve_next()


@given(
    st.lists(st.integers(min_value=0, max_value=900), min_size=1, max_size=40),
    st.integers(min_value=0, max_value=1500),
)
def test_flow_accounts_for_every_arrival_when_operations_take_any_time(took_ms, then_ms):
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        rig = Rig(clock, Scripted(clock))
        rig.flow.begin()

        for rig.operations.took_ms in took_ms:
            rig.flow.serve_next()
        clock.now_ns += then_ms * MS
        planned = rig.flow.end()

        assert sorted(row.seq for row in rig.told) == list(range(planned))
        assert rig.tally.written == planned
        assert rig.flow.is_complete()
