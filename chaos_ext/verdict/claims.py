"""One claim against what was measured, bounds and all: held, broke or void."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from chaos_ext.verdict.model import ClaimResult
from chaos_ext.verdict.readings import read
from chaos_ext.verdict.words import BROKE, HELD, VOID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos_ext.experiment.claims import Claim
    from chaos_ext.verdict.measures import Measures
    from chaos_ext.verdict.model import Guard, Reading

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}
# One lost write is a fact however little else was measured; a rate or a time is not.
FACTS = ("acknowledged_lost", "unexpected", "stayed_lost")


def compare(reading: Reading, sign: str, limit: float) -> str:
    """Held when all that *reading* allows satisfies the limit, broke when nothing does."""
    lower, upper = reading.lower, reading.upper
    if any(math.isnan(number) for number in (lower, upper, limit)) or lower > upper:
        return VOID
    if sign == "==":
        return HELD if lower == upper == limit else VOID if lower <= limit <= upper else BROKE
    holds = _COMPARE[sign]
    ends = (holds(lower, limit), holds(upper, limit))
    return HELD if all(ends) else VOID if any(ends) else BROKE


def evaluate(claim: Claim, measures: Measures, guards: Sequence[Guard]) -> ClaimResult:
    """Judge one claim; whatever goes wrong while judging makes it void, never held."""
    required = f"{claim.operator} {claim.limit:g}"
    try:
        reading = read(claim.metric, measures)
        outcome = compare(reading, claim.operator, claim.limit)
    except Exception as problem:  # noqa: BLE001 - a check that crashed has tested nothing
        reason = str(problem) if isinstance(problem, LookupError) else repr(problem)
        return ClaimResult(claim.text, required, VOID, detail=_untested(guards, reason))
    failed = [guard for guard in guards if not guard.ok]
    if failed and not (outcome == BROKE and claim.metric in FACTS):
        detail = _untested(guards, reading.detail)
        return ClaimResult(claim.text, required, VOID, reading, detail=detail)
    detail = "the bounds lie on both sides of the limit" if outcome == VOID else ""
    detail = "; ".join(text for text in (detail, reading.detail) if text)
    return ClaimResult(claim.text, required, outcome, reading, detail=detail)


def _untested(guards: Sequence[Guard], reason: str) -> str:
    failed = [
        f"{guard.name}: {guard.measured} (required {guard.required})"
        for guard in guards
        if not guard.ok
    ]
    return "; ".join(text for text in (*failed, reason) if text)
