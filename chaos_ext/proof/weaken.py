"""From an experiment and one of its proofs to the experiment that must break; pure."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment.claims import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.experiment.settings import Proof


@dataclass(frozen=True, slots=True)
class Result:
    """What one proof showed."""

    proof: str
    breaks: str
    noticed: bool
    detail: str
    run: str  # the folder of its run


def weakened(experiment: Mapping[str, Any], proof: Proof) -> dict[str, Any]:
    """The experiment with the proof's protection weakened, and marked as its control."""
    weak = deepcopy(dict(experiment))
    for entry in weak["extensions"]:
        if entry.get("name") == "chaos_ext":
            settings = {system: dict(keys) for system, keys in entry.get("weaken", {}).items()}
            for system, keys in proof.weaken.items():
                settings.setdefault(system, {}).update(keys)
            entry["weaken"] = settings
            entry["control_of"] = proof.name
            entry.pop("proofs", None)
    weak["title"] = f"{weak['title']} (weakened: {proof.name})"
    return weak


def names(breaks: str, claim: str) -> bool:
    """Whether *breaks*, a metric or the whole text of a claim, means *claim*."""
    try:
        return breaks in (claim.strip(), parse(claim).metric)
    except BadExperiment:  # the steady state is told among the claims, and is no sentence
        return False


def judged(proof: Proof, verdict: Mapping[str, Any], run: str) -> Result:
    """Whether a claim that the proof names broke, while all it names were tested."""
    word = str(verdict["verdict"])
    named = [c for c in verdict["claims"] if names(proof.breaks, c["claim"])]
    broken = [c for c in named if c["outcome"] == "broke"]
    untested = [c for c in named if c["outcome"] == "void"]
    if word != "broke":
        told = f"{word}: {verdict['reason']}"
    elif untested:
        told = f"{untested[0]['claim']} was not tested: {untested[0]['detail']}"
    elif broken:
        told = f"{broken[0]['claim']}, measured {broken[0]['measured']}"
        return Result(proof.name, proof.breaks, noticed=True, detail=told, run=run)
    else:
        others = [c["claim"] for c in verdict["claims"] if c["outcome"] == "broke"]
        told = f"only {', '.join(others)} broke"
    return Result(proof.name, proof.breaks, noticed=False, detail=told, run=run)
