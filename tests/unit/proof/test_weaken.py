"""A proof weakens one thing, and counts only when the claim it names has broken."""

from copy import deepcopy

import pytest

from chaos_ext.experiment.settings import Proof
from chaos_ext.proof.weaken import judged, names, weakened

PROOF = Proof(name="slow", weaken={"redis": {"down_after_ms": 30_000}}, breaks="outage_s")
EXPERIMENT = {
    "title": "It survives",
    "extensions": [
        {"name": "another", "proofs": "its own"},
        {"name": "chaos_ext", "watch": ["redis"], "proofs": [{"name": "slow"}]},
    ],
}


def verdict(word, *broken):
    claims = [
        {"claim": f"{metric} <= 8", "outcome": "broke", "measured": 12.5} for metric in broken
    ]
    held = {"claim": "latency_ms_p99_fault <= 9", "outcome": "held", "measured": 1}
    return {"verdict": word, "claims": [held, *claims], "reason": "why"}


def test_weakened_changes_the_one_protection_and_is_marked():
    weak = weakened(EXPERIMENT, PROOF)

    assert weak["title"] == "It survives (weakened: slow)"
    assert weak["extensions"][1] == {
        "name": "chaos_ext",
        "watch": ["redis"],
        "weaken": {"redis": {"down_after_ms": 30_000}},
        "control_of": "slow",
    }
    assert weak["extensions"][0] == EXPERIMENT["extensions"][0]


def test_weakened_leaves_the_experiment_as_it_was():
    before = deepcopy(EXPERIMENT)

    weakened(EXPERIMENT, PROOF)

    assert before == EXPERIMENT


def test_weakened_keeps_what_the_experiment_weakens_itself():
    experiment = deepcopy(EXPERIMENT)
    experiment["extensions"][1]["weaken"] = {"redis": {"quorum": 1, "down_after_ms": 1}}

    weak = weakened(experiment, PROOF)

    assert weak["extensions"][1]["weaken"] == {"redis": {"quorum": 1, "down_after_ms": 30_000}}


def test_proof_is_noticed_when_its_claim_broke():
    result = judged(PROOF, verdict("broke", "outage_s"), "folder")

    assert result.noticed
    assert result.detail == "outage_s <= 8, measured 12.5"
    assert result.run == "folder"


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        (verdict("broke", "acknowledged_lost"), "only acknowledged_lost <= 8 broke"),
        (verdict("broke", "outages"), "only outages <= 8 broke"),
        (verdict("void"), "void: why"),
        (verdict("void", "outage_s"), "void: why"),
        (verdict("dirty", "outage_s"), "dirty: why"),
        (verdict("held"), "held: why"),
    ],
)
def test_proof_is_not_noticed_when_anything_else_happened(told, detail):
    result = judged(PROOF, told, "folder")

    assert not result.noticed
    assert result.detail == detail


def claims(*outcomes):
    told = [
        {"claim": text, "outcome": outcome, "measured": 12.5, "detail": "too little"}
        for text, outcome in outcomes
    ]
    return {"verdict": "broke", "claims": told, "reason": "why"}


def proof(breaks):
    return Proof(name="slow", weaken={"redis": {"a": 1}}, breaks=breaks)


@pytest.mark.parametrize(
    ("breaks", "told", "noticed"),
    [
        ("outage_s", claims(("outage_s<=8", "broke")), True),
        ("outage_s", claims(("outage_s <= 8", "broke"), ("outage_s <= 99", "held")), True),
        ("outage_s", claims(("outage_s <= 8", "broke"), ("outage_s <= 12", "void")), False),
        ("outage_s <= 8", claims(("outage_s <= 8", "broke"), ("outage_s <= 9", "void")), True),
        ("outage_s <= 9", claims(("outage_s <= 8", "broke"), ("outage_s <= 9", "held")), False),
        ("outage_s", claims(("steady state after", "broke")), False),
    ],
)
def test_proof_is_noticed_by_the_claims_it_names_and_by_no_other(breaks, told, noticed):
    result = judged(proof(breaks), told, "folder")

    assert result.noticed is noticed


def test_names_reads_a_claim_as_the_experiment_does():
    assert names("outage_s", " outage_s<=8 ")
    assert names("outage_s<=8", " outage_s<=8 ")
    assert not names("outage", "outage_s <= 8")
    assert not names("steady", "steady state after")
