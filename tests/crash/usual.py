"""How long each step of a fault usually takes here, learned from the kills so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import plan
from catalogue import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plan import Kill

ASKS_MS = 4.0  # from the beginning of the method to the intent
UNTIL_METHOD_MS, LAB_MS = 1000.0, 2500.0
SHRINK, LEAST_MS = 0.7, 0.5


@dataclass(frozen=True, slots=True)
class Usual:
    """The time in which a step is met for certain, or nearly."""

    asks_ms: float
    lands_ms: float
    heals_ms: float
    start_ms: float = UNTIL_METHOD_MS

    def life_ms(self, kill: Kill) -> float:
        """From the start of a run to its end."""
        own = LAB_MS if kill.lab == plan.OWN_LAB else 0.0
        return own + self.start_ms + self.lands_ms + kill.for_s * 1e3

    def earlier(self, tries: int) -> Usual:
        """The same for a run that has ended before it was met, *tries* times."""
        return replace(self, start_ms=self.start_ms * 0.75**tries)


def usual(fault: str, results: Iterable[Mapping[str, Any]]) -> Usual:
    """What is known of *fault* by the *results* so far; its row says what was thought before."""
    mine = [each for each in results if each["fault"] == fault]
    landed = [each["lands_ms"] for each in mine if each.get("lands_ms")]
    row = ROWS[fault]
    return Usual(
        asks_ms=_missed(ASKS_MS, mine, plan.BEFORE),
        lands_ms=_missed(median(landed) if landed else row.lands_ms, mine, plan.INJECT),
        heals_ms=_missed(row.heals_ms, mine, plan.HEAL),
    )


def _missed(milliseconds: float, results: Iterable[Mapping[str, Any]], step: str) -> float:
    """Less of it for each kill that came too late."""
    late = 0
    for each in results:
        if each["instant"] == step and each["met"] in plan.STEPS:
            late += plan.STEPS.index(each["met"]) > plan.STEPS.index(step)
    return max(milliseconds * SHRINK**late, LEAST_MS)
