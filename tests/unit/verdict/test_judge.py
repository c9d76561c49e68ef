"""The same evidence always gives the same word, and the worst word wins."""

import json

import numpy as np
import pytest

from chaos_ext.verdict import judge as judging
from chaos_ext.verdict import measures
from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge

KILLED = {"state": "in_place"}
HEALED = {"state": "healed"}


def _judge(run):
    return judge(run.facts())


def _outcomes(verdict):
    return {claim.claim: claim.outcome for claim in verdict.claims}


def test_judge_says_held_when_all_was_tested_and_true(run):
    verdict = _judge(run)

    assert (verdict.word, verdict.exit_code) == ("held", 0)
    assert verdict.reason == "4 of 4 claims were tested and true"
    assert set(_outcomes(verdict).values()) == {"held"}
    assert all(guard.ok for guard in verdict.guards)


def test_judge_measures_what_was_built_into_the_run(run):
    told = _judge(run).as_dict()

    assert told["outage"]["lower_s"] <= 7.83 - 5.52 <= told["outage"]["upper_s"]
    assert told["outage"]["upper_s"] - told["outage"]["lower_s"] < 0.1
    assert told["data"]["lost"] == 0
    assert told["data"]["unknown"] == 3
    assert told["load"]["baseline"]["planned"] == 1500
    assert told["load"]["fault"]["failed"] + told["load"]["fault"]["dropped"] == 693


@pytest.mark.parametrize("compacted", [True, False])
def test_judge_gives_the_same_bytes_for_the_same_files(run, tmp_path, compacted):
    run.compacted = compacted
    folder = run.write(tmp_path)

    first, second = (json.dumps(judge(load(folder)).as_dict()) for _ in range(2))

    assert first == second
    assert first == json.dumps(_judge(run).as_dict())


@pytest.mark.parametrize(
    ("claim", "change", "measured"),
    [
        ("outage_s <= 2", {}, 2.3),
        ("outages == 0", {}, 1),
        ("acknowledged_lost == 0", {"lost": frozenset({200, 202})}, 2),
        ("unexpected == 0", {"unexpected": 3}, 3),
        ("unknown <= 2", {}, 3),
        ("error_ratio_fault <= 0.1", {}, 0.154),
        ("latency_ms_p99_fault <= 1000", {}, 2000),
        ("latency_ms_p50_recovered <= 1", {}, 1.55),
    ],
)
def test_judge_says_broke_when_a_claim_is_false(run, claim, change, measured):
    run.claims = [claim]
    for name, value in change.items():
        setattr(run, name, value)

    verdict = _judge(run)

    assert (verdict.word, verdict.exit_code) == ("broke", 1)
    assert verdict.claims[0].reading.value == pytest.approx(measured, rel=0.02)
    assert claim in verdict.reason


def test_judge_tells_the_first_lost_writes(run):
    run.lost = frozenset(range(100, 140, 2))

    data = _judge(run).data

    assert (data["lost"], data["lost_sample"]) == (20, list(range(100, 116, 2)))


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"has_canary": False}, "writes asked in the phase baseline"),
        ({"has_read_back": False}, "writes not read back"),
        ({"unread": frozenset({400})}, "writes not read back"),
        ({"has_load": False}, "arrivals planned in the phase recovery"),
        (
            {"down_s": (0.0, 99.0), "claims": ["acknowledged_lost == 0"]},
            "writes acknowledged in the phase baseline",
        ),
    ],
)
def test_judge_says_void_when_a_guard_finds_too_little(run, change, guard):
    for name, value in change.items():
        setattr(run, name, value)

    verdict = _judge(run)

    assert verdict.word == "void"
    assert guard in [found.name for found in verdict.guards if not found.ok]


def test_judge_says_void_when_the_load_planned_too_little(run):
    run.load_rows = run.load_rows[::2]

    verdict = _judge(run)

    assert _outcomes(verdict)["error_ratio_recovered <= 0.01"] == "void"
    assert "of rate x time: 50.0% (required >= 95%)" in verdict.reason


def test_judge_says_void_when_the_load_was_not_really_offered(run):
    run.load_rows["outcome"] = np.where(run.load_rows["seq"] % 10 == 0, 3, 0)
    run.claims = ["error_ratio_recovered <= 0.5"]

    verdict = _judge(run)

    assert verdict.word == "void"
    assert "arrivals sent in the phase baseline: 90.0%" in verdict.reason


def test_judge_still_says_broke_when_few_were_read_back_and_one_is_lost(run):
    run.lost, run.unread = frozenset({200}), frozenset({400})

    verdict = _judge(run)

    lost = verdict.claims[1]
    assert (lost.outcome, lost.reading.lower, lost.reading.upper) == ("broke", 1, 2)


def test_judge_does_not_take_a_timeout_for_a_lost_write(run):
    run.down_s = (5.52, 5.57)

    verdict = _judge(run)

    assert verdict.word == "held"
    assert (verdict.data["unknown"], verdict.data["lost"]) == (3, 0)


def test_judge_does_not_hold_an_outage_that_lasts_to_the_end(run):
    run.down_s, run.claims = (18.0, 99.0), ["outage_s <= 8"]

    verdict = _judge(run)

    assert verdict.word == "void"
    assert verdict.outage["upper_s"] is None
    assert "an outage lasted when the last phase ended" in verdict.claims[0].detail


def test_judge_ignores_what_the_witness_met_after_the_last_phase(run):
    run.claims = ["outages == 1"]
    run.change("phase", {"name": "end"}).without("phase", name="end")
    run.happens(17.0, "phase", name="end").without("phase", name="recovery")
    run.happens(12.0, "phase", name="recovery")
    held = _judge(run).word

    run.down_s = (17.1, 99.0)
    verdict = _judge(run)

    assert held == "held"
    assert verdict.claims[0].reading.value == 0


def test_judge_says_no_more_than_it_saw_when_there_was_no_outage(run):
    run.down_s, run.claims = (0.0, 0.0), ["outage_s <= 1", "outage_s <= 0.001"]

    verdict = _judge(run)

    assert [claim.outcome for claim in verdict.claims] == ["held", "void", "held"]
    assert verdict.claims[0].reading.lower == 0


def test_judge_says_void_when_a_claim_makes_no_sense(run):
    run.claims = ["outage_s <= soon"]

    verdict = _judge(run)

    assert verdict.claims[0].outcome == "void"
    assert "not a number" in verdict.reason


def test_judge_says_void_when_a_guard_crashes(run, monkeypatch):
    monkeypatch.setattr(judging, "guards_for", lambda *_: 1 / 0)

    verdict = _judge(run)

    assert verdict.word == "void"
    assert "ZeroDivisionError" in verdict.claims[0].detail


def test_judge_says_void_when_the_rows_cannot_be_measured(run, monkeypatch):
    monkeypatch.setattr(measures, "figures", lambda *_: {}["a row"])

    verdict = _judge(run)

    assert verdict.word == "void"
    assert verdict.reason.startswith("the rows could not be measured: KeyError")


def test_judge_names_the_proof_of_a_weakened_run(run):
    run.settings = {"control_of": "slow detection"}

    assert _judge(run).as_dict()["control_of"] == "slow detection"


@pytest.mark.parametrize("asleep_s", [(10.0, 13.0), (10.0, 10.7), (23.0, 99.0)])
def test_judge_does_not_hold_that_no_outage_was_when_nobody_looked(run, asleep_s):
    run.down_s, run.asleep_s = (0.0, 0.0), asleep_s
    run.claims = ["outages == 0", "outages <= 1"]

    verdict = _judge(run)

    reading = measures.measure(run.facts())
    assert verdict.claims[0].outcome == "void"
    assert (reading.canary.outages, reading.canary.unseen) == (0, 1)


def test_judge_still_holds_a_count_that_one_unseen_outage_cannot_pass(run):
    run.down_s, run.asleep_s, run.claims = (0.0, 0.0), (10.0, 10.7), ["outages <= 1"]

    verdict = _judge(run)

    assert verdict.word == "held"
    assert "may have gone unseen" in verdict.claims[0].detail


def test_judge_does_not_count_the_silence_of_an_outage_that_was_seen_twice(run):
    run.claims = ["outages == 1"]

    verdict = _judge(run)

    assert verdict.word == "held"
    assert verdict.claims[0].reading.upper == 1
