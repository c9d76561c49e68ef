"""From an experiment and one of its proofs to the experiment that must break; pure."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


def judged(proof: Proof, verdict: Mapping[str, Any], run: str) -> Result:
    """Whether the claim that the proof names broke, and nothing less."""
    word = str(verdict["verdict"])
    broken = [c for c in verdict["claims"] if c["outcome"] == "broke"]
    named = [c for c in broken if c["claim"].split()[0] == proof.breaks]
    if word == "broke" and named:
        told = f"{named[0]['claim']}, measured {named[0]['measured']}"
        return Result(proof.name, proof.breaks, noticed=True, detail=told, run=run)
    if word == "broke":
        told = f"only {', '.join(c['claim'] for c in broken)} broke"
    else:
        told = f"{word}: {verdict['reason']}"
    return Result(proof.name, proof.breaks, noticed=False, detail=told, run=run)
