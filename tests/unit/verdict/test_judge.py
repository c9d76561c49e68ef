import json

import numpy as np
import pytest

from chaos_ext.errors import RunUnreadable
from chaos_ext.verdict import judge as judging
from chaos_ext.verdict import measures
from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge

KILLED = {"state": "in_place"}
HEALED = {"state": "healed"}


def _judge(run, folder):
    return judge(load(run.write(folder)))


def _outcomes(verdict):
    return {claim.claim: claim.outcome for claim in verdict.claims}


def test_judge_says_held_when_all_was_tested_and_true(run, tmp_path):
    verdict = _judge(run, tmp_path)

    assert (verdict.word, verdict.exit_code) == ("held", 0)
    assert verdict.reason == "4 of 4 claims were tested and true"
    assert set(_outcomes(verdict).values()) == {"held"}
    assert all(guard.ok for guard in verdict.guards)


def test_judge_measures_what_was_built_into_the_run(run, tmp_path):
    told = _judge(run, tmp_path).as_dict()

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
    run.compacted = True
    assert first == json.dumps(_judge(run, tmp_path / "compacted").as_dict())


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
def test_judge_says_broke_when_a_claim_is_false(run, tmp_path, claim, change, measured):
    run.claims = [claim]
    for name, value in change.items():
        setattr(run, name, value)

    verdict = _judge(run, tmp_path)

    assert (verdict.word, verdict.exit_code) == ("broke", 1)
    assert verdict.claims[0].reading.value == pytest.approx(measured, rel=0.02)
    assert claim in verdict.reason


def test_judge_tells_the_first_lost_writes(run, tmp_path):
    run.lost = frozenset(range(100, 140, 2))

    data = _judge(run, tmp_path).data

    assert (data["lost"], data["lost_sample"]) == (20, list(range(100, 116, 2)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.happens(-3, "refused", reason="not allowed"), "refused: not allowed"),
        (lambda r: r.happens(9, "aborted", reason="SIGINT"), "aborted: SIGINT"),
        (
            lambda r: r.happens(9, "control_failed", hook="h", error="E"),
            "a control failed in h: E",
        ),
        (lambda r: r.without("run_ended"), "the run did not reach its end"),
        (lambda r: r.without("steady_state", when="before"), "was not read before"),
        (lambda r: r.without("steady_state", when="after"), "it was not read"),
        (lambda r: r.without("fault"), "it is in the method and never began"),
        (lambda r: r.without("fault", state="in_place"), "did not land"),
        (
            lambda r: r.change("fault", KILLED, state="refused", detail="never"),
            "refused: never",
        ),
        (lambda r: r.change("fault", KILLED, state="failed"), "failed"),
        (lambda r: r.change("fault", HEALED, state="lost"), "was lost before its time"),
        (lambda r: r.change("fault", HEALED, early=True), "ended before its time"),
        (lambda r: r.change("fault", {}, target="redis-2"), "never began"),
        (lambda r: r.change("activity", {}, status="failed", error="E: x"), "failed: E: x"),
        (lambda r: r.change("steady_state", {"when": "before"}, met=False), "not met before"),
        (
            lambda r: r.change("witness", {"state": "stopped"}, state="died"),
            "the witness: died",
        ),
        (lambda r: r.without("witness"), "the witness: never started"),
        (lambda r: r.change("load", {"state": "stopped"}, state="died"), "the load: died"),
        (lambda r: r.change("read_back", {}, complete=False), "reading back: incomplete"),
        (lambda r: r.without("phase", name="recovery"), "in the phase recovery"),
        (
            lambda r: r.change("phase", {"name": "baseline"}, name="warm-up"),
            "in the phase baseline",
        ),
    ],
)
def test_judge_says_void_when_it_was_no_test(run, tmp_path, change, reason):
    verdict = _judge(change(run), tmp_path)

    assert (verdict.word, verdict.exit_code) == ("void", 3)
    assert reason in verdict.reason


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
def test_judge_says_void_when_a_guard_finds_too_little(run, tmp_path, change, guard):
    for name, value in change.items():
        setattr(run, name, value)

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert guard in [found.name for found in verdict.guards if not found.ok]


def test_judge_says_void_when_the_load_planned_too_little(run, tmp_path):
    run.load_rows = run.load_rows[::2]

    verdict = _judge(run, tmp_path)

    assert _outcomes(verdict)["error_ratio_recovered <= 0.01"] == "void"
    assert "of rate x time: 50.0% (required >= 95%)" in verdict.reason


def test_judge_says_void_when_the_load_was_not_really_offered(run, tmp_path):
    run.load_rows["outcome"] = np.where(run.load_rows["seq"] % 10 == 0, 3, 0)
    run.claims = ["error_ratio_recovered <= 0.5"]

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert "arrivals sent in the phase baseline: 90.0%" in verdict.reason


def test_judge_still_says_broke_when_few_were_read_back_and_one_is_lost(run, tmp_path):
    run.lost, run.unread = frozenset({200}), frozenset({400})

    verdict = _judge(run, tmp_path)

    lost = verdict.claims[1]
    assert (lost.outcome, lost.reading.lower, lost.reading.upper) == ("broke", 1, 2)


def test_judge_does_not_take_a_timeout_for_a_lost_write(run, tmp_path):
    run.down_s = (5.52, 5.57)

    verdict = _judge(run, tmp_path)

    assert verdict.word == "held"
    assert (verdict.data["unknown"], verdict.data["lost"]) == (3, 0)


def test_judge_does_not_hold_an_outage_that_lasts_to_the_end(run, tmp_path):
    run.down_s, run.claims = (18.0, 99.0), ["outage_s <= 8"]

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert verdict.outage["upper_s"] is None
    assert "an outage lasted when the last phase ended" in verdict.claims[0].detail


def test_judge_ignores_what_the_witness_met_after_the_last_phase(run, tmp_path):
    run.claims = ["outages == 1"]
    run.change("phase", {"name": "end"}).without("phase", name="end")
    run.happens(17.0, "phase", name="end").without("phase", name="recovery")
    run.happens(12.0, "phase", name="recovery")
    held = _judge(run, tmp_path / "held").word

    run.down_s = (17.1, 99.0)
    verdict = _judge(run, tmp_path / "down after the end")

    assert held == "held"
    assert verdict.claims[0].reading.value == 0


def test_judge_says_no_more_than_it_saw_when_there_was_no_outage(run, tmp_path):
    run.down_s, run.claims = (0.0, 0.0), ["outage_s <= 1", "outage_s <= 0.001"]

    verdict = _judge(run, tmp_path)

    assert [claim.outcome for claim in verdict.claims] == ["held", "void", "held"]
    assert verdict.claims[0].reading.lower == 0


@pytest.mark.parametrize(
    ("when", "name"), [("after", "steady state after"), ("during", "steady state during")]
)
def test_judge_says_broke_when_the_steady_state_was_not_met(run, tmp_path, when, name):
    run.happens(24.2, "steady_state", when=when, met=False, detail="no primary")

    verdict = _judge(run, tmp_path)

    assert verdict.word == "broke"
    assert _outcomes(verdict)[name] == "broke"
    assert verdict.reason == f"{name}: not met (no primary)"


def test_judge_prefers_broke_when_an_activity_failed_too(run, tmp_path):
    run.change("activity", {}, status="failed", error="E")
    run.change("steady_state", {"when": "after"}, met=False)

    assert _judge(run, tmp_path).word == "broke"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda r: r.change("healed", {}, verified=False, left=["redis-1 is dead"]),
            "redis-1 is dead",
        ),
        (lambda r: r.change("healed", {}, left=["a rule"]), "a rule"),
        (
            lambda r: r.without("fault", state="healed").without("healed"),
            "process.kill on redis-primary is in_place",
        ),
        (
            lambda r: r.change("fault", HEALED, state="unhealed").without("healed"),
            "process.kill on redis-primary is unhealed",
        ),
        (
            lambda r: r.without("fault", state="healed").without("healed").without("run_ended"),
            "in_place and was not healed",
        ),
    ],
)
def test_judge_says_dirty_above_all_when_something_may_be_left(run, tmp_path, change, reason):
    run.lost = frozenset({200})

    verdict = _judge(change(run), tmp_path)

    assert (verdict.word, verdict.exit_code) == ("dirty", 4)
    assert reason in verdict.reason


def test_judge_says_rehearsed_when_a_stand_in_was_among_the_targets(run, tmp_path):
    run.change("environment_up", {}, stand_ins=["tempo"])

    verdict = _judge(run, tmp_path)

    assert (verdict.word, verdict.exit_code) == ("rehearsed", 5)
    assert "tempo" in verdict.reason


def test_judge_takes_the_steady_state_as_the_claim_when_there_is_no_other(run, tmp_path):
    run.claims, run.method, run.has_canary, run.has_load = [], [], False, False
    for name in ("fault", "witness", "load", "activity", "read_back"):
        run.without(name)

    verdict = _judge(run, tmp_path)

    assert verdict.word == "held"
    assert _outcomes(verdict) == {"steady state after": "held"}
    assert verdict.guards == ()


def test_judge_needs_no_fault_when_the_experiment_has_none(run, tmp_path):
    run.method, run.down_s = [], (0.0, 0.0)
    run.without("fault").without("activity")
    run.without("phase", name="fault")

    assert _judge(run, tmp_path).word == "held"


def test_judge_does_not_blame_the_method_for_a_probe_of_the_hypothesis(run, tmp_path):
    run.happens(24.1, "activity", name="serves", kind="probe", status="failed", error="E")

    assert _judge(run, tmp_path).word == "held"


def test_judge_says_void_when_a_claim_makes_no_sense(run, tmp_path):
    run.claims = ["outage_s <= soon"]

    verdict = _judge(run, tmp_path)

    assert verdict.claims[0].outcome == "void"
    assert "not a number" in verdict.reason


def test_judge_says_void_when_a_guard_crashes(run, tmp_path, monkeypatch):
    monkeypatch.setattr(judging, "guards_for", lambda *_: 1 / 0)

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert "ZeroDivisionError" in verdict.claims[0].detail


def test_judge_says_void_when_a_run_was_refused_before_anything_was_recorded(run, tmp_path):
    run.has_canary = run.has_load = False
    run.events = [run.events[0], (-1.0, "refused", {"reason": "no such target"})]

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert verdict.reason == "refused: no such target"


def test_judge_says_void_when_the_rows_cannot_be_measured(run, tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "figures", lambda *_: {}["a row"])

    verdict = _judge(run, tmp_path)

    assert verdict.word == "void"
    assert verdict.reason.startswith("the rows could not be measured: KeyError")


def test_judge_names_the_proof_of_a_weakened_run(run, tmp_path):
    run.settings = {"control_of": "slow detection"}

    assert _judge(run, tmp_path).as_dict()["control_of"] == "slow detection"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("events.jsonl", lambda old: old.replace(b'"met":true', b'"met":True', 1)),
        ("events.jsonl", lambda old: old.replace(b'"ms":3.2', b'"ms":3.1', 1)),
        ("experiment.yaml", lambda _: b"- not\n- a mapping\n"),
        ("experiment.yaml", lambda _: b"{broken"),
        ("canary.parquet", lambda old: old[:100]),
    ],
)
def test_judge_says_void_when_evidence_is_damaged(run, tmp_path, file, content):
    run.compacted = True
    folder = run.write(tmp_path)
    (folder / file).write_bytes(content((folder / file).read_bytes()))

    verdict = judge(load(folder))

    assert verdict.word == "void"
    assert file in verdict.reason


def test_load_says_what_is_missing_when_there_is_no_run(tmp_path):
    with pytest.raises(RunUnreadable, match="no such run"):
        load(tmp_path / "nowhere")
