"""Stall: loss as a sender sees it, where nobody may drop packets: a chunk waits for its retransmission."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.line import Line
    from chaos_ext.network.measure import Steps, Way

CONNECTIONS = 20  # asked side by side, for one that waits holds up those behind it
_QUESTIONS_MIN = 10  # on each of them
_STALLED_MIN = 10  # as many must be expected, or nothing could be said of their share
_DEVIATIONS = 3.5  # by chance, one measurement in two thousand lies further off
_PERCENT = 100.0


@dataclass(slots=True, kw_only=True)
class Stall(Leased):
    """*percent* of the chunks in each direction of *stream* wait for *stall_ms*."""

    percent: int = 10
    stall_ms: int = 200
    stream: str = "downstream"
    name: ClassVar[str] = "stall"
    colour: ClassVar[str] = "#c594c5"

    @property
    def share(self) -> float:
        """How many of the questions have a late answer."""
        directions = 2 if self.stream == "both" else 1
        return 1 - (1 - self.percent / _PERCENT) ** directions

    @property
    def lands_within_s(self) -> float:
        """As long as the questions take, one after the other, of which some wait."""
        waits_s = self._questions * self.share * self.stall_ms / 1e3
        return LANDS_S + 4 * waits_s  # one that is lost again waits twice as long

    def asks(self) -> Asks:
        """A stall toxic a direction."""
        said = {"percent": self.percent, "stall_ms": self.stall_ms}
        return [self.toxic("stall", self.stream, **said)]

    def proof(self) -> Steps[dict[str, Any]]:
        """As many answers are late as chance allows for."""
        way = self.ways.through(self.source)
        while True:
            asked = [self._late(way, number) for number in range(CONNECTIONS)]
            late, questions = map(sum, zip(*(yield from measure.together(asked)), strict=True))
            if self._is_likely(late, questions) and (
                not self.only_from or (yield from self._is_prompt())
            ):
                return {
                    "late_percent": round(late * _PERCENT / questions, 1),
                    "asked_percent": self.percent,
                    "questions": questions,
                }
            yield from measure.rest()

    @property
    def _questions(self) -> int:
        wanted = _STALLED_MIN / (self.share * CONNECTIONS)
        return max(_QUESTIONS_MIN, math.ceil(wanted))

    def _late(self, way: Way, after_looks: int = 0) -> Steps[tuple[int, int]]:
        """How many answers were late on one connection, and how many were asked for.

        Each is opened at a look of its own: together they would take too long.
        """
        for _ in range(after_looks):
            yield
        late = 0
        with way.open() as line:
            for number in range(self._questions):
                late += yield from self._is_late(line, way)
                if line.ended:
                    return late, number + 1
        return late, self._questions

    def _is_late(self, line: Line, way: Way) -> Steps[bool]:
        patience_s = measure.ANSWER_S_MAX + self.lands_within_s
        took_ms = yield from measure.ping(line, way, patience_s)
        return took_ms is None or took_ms >= self.stall_ms / 2

    def _is_likely(self, late: int, questions: int) -> bool:
        expected = questions * self.share
        deviation = math.sqrt(expected * (1 - self.share))
        return abs(late - expected) <= max(1.0, _DEVIATIONS * deviation) and late > 0

    def _is_prompt(self) -> Steps[bool]:
        """Whether nobody else waits."""
        late, _ = yield from self._late(self.ways.through())
        return late == 0


FAULT = Stall
