"""The experiments on Redis as a user runs them, on real servers, and what their verdicts rest on."""

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_S_MAX = 150


def verdict_of(place, name):
    return json.loads((place / "reports" / name / "latest" / "verdict.json").read_text())


@pytest.fixture(scope="module")
def failover(chaos, place):
    """One run of the failover, shared by the tests that look at its folder."""
    ran = chaos("run", ROOT / "experiments" / "redis_failover.yaml")
    return ran, (place / "reports" / "redis_failover" / "latest").resolve()


@pytest.mark.timeout(RUN_S_MAX)
def test_failover_holds_and_says_by_how_much(failover, place):
    ran, _ = failover

    verdict = verdict_of(place, "redis_failover")

    assert (verdict["verdict"], ran.returncode) == ("held", 0), ran.stdout + ran.stderr
    assert 0 < verdict["outage"]["lower_s"] <= verdict["outage"]["upper_s"] <= 8
    assert verdict["data"]["acknowledged"] > 500
    assert {phase: each["planned"] > 1000 for phase, each in verdict["load"].items()} == {
        "baseline": True,
        "fault": True,
        "recovery": True,
    }
    assert "HELD" in ran.stdout
    assert str(verdict["outage"]["upper_s"])[:3] in ran.stdout


def test_failover_leaves_nothing_running_and_no_fault(failover, chaos):
    del failover

    assert json.loads(chaos("faults", "--json").stdout) == []
    assert json.loads(chaos("lab", "status", "--json").stdout) == []


def test_verdict_is_the_same_again_from_disk(failover, chaos, place):
    _, folder = failover

    again = chaos("verdict", folder, "--json")

    assert again.returncode == 0
    assert json.loads(again.stdout) == verdict_of(place, "redis_failover")


def test_verdict_is_void_when_the_evidence_was_touched(failover, chaos, tmp_path):
    _, folder = failover
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    events = copy / "events.jsonl"
    events.write_text(events.read_text().replace('"state":"in_place"', '"state":"in_plaze"'))

    again = chaos("verdict", copy)

    assert again.returncode == 3
    assert "SealBroken" in again.stderr
    assert "events.jsonl" in again.stderr


@pytest.mark.timeout(RUN_S_MAX)
def test_frozen_primary_is_replaced_and_wakes_harmless(chaos, place):
    ran = chaos("run", ROOT / "experiments" / "redis_primary_freezes.yaml")

    verdict = verdict_of(place, "redis_primary_freezes")
    assert (verdict["verdict"], ran.returncode) == ("held", 0), ran.stdout + ran.stderr
    assert verdict["faults"][0]["landed"]["threads"] > 1
    assert verdict["outage"]["upper_s"] < 8
    assert verdict["data"]["lost"] == 0


@pytest.mark.timeout(RUN_S_MAX)
def test_loss_of_a_replica_is_not_noticed(chaos, place):
    ran = chaos("run", ROOT / "experiments" / "redis_replica_dies.yaml")

    verdict = verdict_of(place, "redis_replica_dies")
    assert (verdict["verdict"], ran.returncode) == ("held", 0), ran.stdout + ran.stderr
    assert verdict["faults"][0]["node"] != "redis-1"
    assert verdict["data"]["failed"] == 0


@pytest.mark.timeout(RUN_S_MAX)
@pytest.mark.parametrize(
    ("proof", "breaks"),
    [("slow detection", "outage_s"), ("empty primary returns first", "acknowledged_lost")],
)
def test_weakened_failover_breaks_the_claim_that_guards_it(chaos, proof, breaks):
    experiment = ROOT / "experiments" / "redis_failover.yaml"
    proved = chaos("prove", experiment, "--only", proof, "--trust-last", "--json")

    (result,) = json.loads(proved.stdout)["proofs"]
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert result["noticed"] is True
    assert result["breaks"] == breaks
