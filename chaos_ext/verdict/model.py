"""The shape of a verdict: what `verdict.json` holds and every report tells."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from chaos_ext.verdict.words import EXIT_CODES

DIGITS = 6  # of a measured number: far below what is measured, far above float noise


class NotMeasured(LookupError):  # noqa: N818 - reads as a sentence in a claim's detail
    """The run has no rows for this metric."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured: between *lower* and *upper*, and *value* where one number is wanted."""

    value: float
    lower: float
    upper: float
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One claim, what it required, and what was measured."""

    claim: str
    required: str
    outcome: str
    reading: Reading | None = None
    measured: str = ""  # where it is no number
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As `verdict.json` tells it."""
        reading = self.reading
        return {
            "claim": self.claim,
            "required": self.required,
            "measured": number(reading.value) if reading else self.measured,
            "bounds": [number(reading.lower), number(reading.upper)] if reading else [],
            "unit": reading.unit if reading else "",
            "outcome": self.outcome,
            "detail": self.detail or (reading.detail if reading else ""),
        }


@dataclass(frozen=True, slots=True)
class Guard:
    """What must be true for a claim to have been tested at all."""

    name: str
    required: str
    measured: str
    ok: bool

    def as_dict(self) -> dict[str, Any]:
        """As `verdict.json` tells it."""
        outcome = "ok" if self.ok else "void"
        return {
            "name": self.name,
            "required": self.required,
            "measured": self.measured,
            "outcome": outcome,
        }


@dataclass(frozen=True, slots=True)
class FaultResult:
    """One fault: what it did, how it ended, and whether that makes a test."""

    fault: str
    target: str
    node: str
    lease: str
    state: str
    landed: dict[str, Any]
    for_s: float | None
    in_place_s: float | None
    early: bool
    outcome: str  # ok, void or dirty
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a run."""

    word: str
    reason: str
    run: str
    experiment: str
    title: str
    claims: tuple[ClaimResult, ...]
    guards: tuple[Guard, ...] = ()
    faults: tuple[FaultResult, ...] = ()
    outage: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    stayed: dict[str, Any] = field(default_factory=dict)  # empty where no witness stayed
    resources: dict[str, Any] = field(default_factory=dict)  # empty where nobody looked
    control_of: str = ""

    @property
    def exit_code(self) -> int:
        """What `chaos verdict` answers."""
        return EXIT_CODES[self.word]

    def as_dict(self) -> dict[str, Any]:
        """As `verdict.json` tells it, in its order."""
        return {
            "verdict": self.word,
            "reason": self.reason,
            "run": self.run,
            "experiment": self.experiment,
            "title": self.title,
            "claims": [claim.as_dict() for claim in self.claims],
            "guards": [guard.as_dict() for guard in self.guards],
            "faults": [asdict(fault) for fault in self.faults],
            "outage": self.outage,
            "data": self.data,
            **({"stayed": self.stayed} if self.stayed else {}),
            "load": self.load,
            **({"resources": self.resources} if self.resources else {}),
            "control_of": self.control_of,
        }


def number(value: float) -> float | int | None:
    """*value* for JSON: a whole number without a point, no end as null."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else round(value, DIGITS)
