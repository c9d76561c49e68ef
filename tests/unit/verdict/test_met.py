"""The errors of the witness are counted while a fault was in place, and no longer."""

import math

import numpy as np
import pytest

from chaos_ext.history.phases import phases
from chaos_ext.verdict.facts import Facts
from chaos_ext.verdict.judge import judge
from chaos_ext.verdict.met import in_place, met

KILLED_S, BACK_S = 5.52, 7.83
LANDED, HEALED = {"state": "in_place"}, {"state": "healed"}


def _judge(run, *claims):
    run.claims = list(claims)
    return judge(run.facts())


def _spans(run):
    facts = run.facts()
    first_ns = 1_000_000_000_000
    return [
        (round((start - first_ns) / 1e9, 2), round((end - first_ns) / 1e9, 2))
        for _, start, end in in_place(facts, phases(facts.events))
    ]


@pytest.mark.parametrize("kind", ["write", "read"])
def test_judge_counts_what_failed_while_the_fault_was_in_place(run, kind):
    verdict = _judge(run, f"{kind}_error_ratio_fault <= 0.2", f"{kind}_error_ratio_fault == 0")

    reading = verdict.claims[0].reading
    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "broke"]
    # unanswered ones have not succeeded either
    assert reading.value == pytest.approx((BACK_S - KILLED_S) / (20.2 - KILLED_S), abs=0.01)
    assert f"{kind}s" in reading.detail


@pytest.mark.parametrize("kind", ["write", "read"])
def test_judge_counts_nothing_of_the_fault_in_the_recovery(run, kind):
    still = _judge(run, f"{kind}_error_ratio_recovered == 0")
    run.down_s = (KILLED_S, 22.0)
    later = _judge(run, f"{kind}_error_ratio_recovered <= 0.3")

    assert still.word == "held"
    assert later.claims[0].outcome == "broke"
    assert later.claims[0].reading.value == pytest.approx(1.5 / 4, abs=0.02)


def test_judge_counts_an_operation_for_the_time_that_it_stands_for():
    at_ms = [0, 20, 40, 50, 60, 70, 80, 100]  # it asks twice as often while it fails
    columns = {
        "kind": np.zeros(8, dtype="u1"),
        "intended_ns": np.array(at_ms) * 1_000_000,
        "sent_ns": np.array(at_ms) * 1_000_000,
        "outcome": np.array([0, 0, 1, 1, 1, 1, 0, 0]),
    }
    events = [{"event": "phase", "name": "recovery", "mono_ns": 0}]
    events.append({"event": "phase", "name": "end", "mono_ns": 200_000_000})
    facts = Facts(tuple(events), {}, columns, None, None)

    found = met(facts, columns, phases(events))["write", "recovered"]

    assert (found.asked, found.failed) == (8, 4)
    assert found.ratio == 0.5  # from 20 to 70 ms, of 100
    assert math.isnan(met(facts, columns, phases(events))["read", "recovered"].ratio)


def test_fault_is_in_place_from_when_it_was_told_until_healing_may_have_begun(run):
    run.change("fault", LANDED, landed={"ms": 500.0})

    assert _spans(run) == [(5.52, 5.52 - 0.5 + 15 - 0.2)]


def test_lasting_fault_is_known_to_be_in_place_until_its_healing_may_have_begun(run):
    run.change("fault", LANDED, lasting=True)

    assert _spans(run) == [(5.52, 10.4)]


def test_fault_that_was_never_healed_is_in_place_until_its_phase_ends(run):
    run.without("fault", state="healed")

    assert _spans(run) == [(5.52, 20.5)]


def test_time_in_which_two_faults_were_in_place_counts_once(run):
    ours = {"fault": "chaos_ext.process.pause", "target": "redis-1", "node": "redis-1"}
    run.happens(10.0, "fault", lease="lease-2", for_s=20.0, **ours, **LANDED)

    assert _spans(run) == [(5.52, 20.32), (20.32, 20.5)]


@pytest.mark.parametrize("kind", ["write", "read"])
def test_judge_says_void_when_too_little_was_asked_while_it_was_in_place(run, kind):
    run.change("fault", LANDED, for_s=0.21)
    run.asleep_s = (KILLED_S, KILLED_S + 0.1)

    verdict = _judge(run, f"{kind}_error_ratio_fault <= 0.9")

    assert verdict.claims[0].outcome == "void"


@pytest.mark.parametrize("when", ["fault", "recovered"])
def test_judge_says_void_when_nobody_watched(run, when):
    run.has_canary = False

    assert _judge(run, f"write_error_ratio_{when} <= 0.9").claims[0].outcome == "void"


def test_judge_says_void_when_no_fault_was_in_place(run):
    run.without("fault").method = []

    claim = _judge(run, "write_error_ratio_fault <= 0.9").claims[0]

    assert claim.outcome == "void"
    assert "sent no write while a fault was in place" in claim.detail
