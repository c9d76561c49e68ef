"""Bandwidth: no connection gets more bytes a second through than asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps, Way

MEASURED_S = 0.6  # of bytes at the asked rate: six of the slices in which they come
_SENT_BYTES_MAX = 16_000_000
_ANSWERED_KB_PER_S_MAX = 2000
_BYTES_A_KB = 1000  # as Toxiproxy counts


@dataclass(slots=True, kw_only=True)
class Bandwidth(Leased):
    """Each connection gets *kb_per_s* in each direction of *stream*."""

    kb_per_s: int
    stream: str = "downstream"
    name: ClassVar[str] = "bandwidth"
    colour: ClassVar[str] = "#6699cc"

    @property
    def lands_within_s(self) -> float:
        """As long as several measurements take."""
        return 2 * LANDS_S

    def asks(self) -> Asks:
        """A bandwidth toxic a direction."""
        return [self.toxic("bandwidth", self.stream, rate=self.kb_per_s)]

    def unprovable(self) -> str:
        """A server that has to answer each question cannot fill a fast line."""
        if self.path["alive"] and self.kb_per_s > _ANSWERED_KB_PER_S_MAX:
            return f"answers do not come at more than {_ANSWERED_KB_PER_S_MAX:,} KB/s"
        return "" if self.path["alive"] else "nobody knows a question to ask"

    def proof(self) -> Steps[dict[str, Any]]:
        """Bytes come back at the rate that was asked for."""
        asked_per_s = self.kb_per_s * _BYTES_A_KB
        hit, spared = self.ways.through(self.source), self.ways.through()
        while True:
            got_per_s, expected_per_s = yield from self._speed(hit, asked_per_s)
            if measure.near(got_per_s, expected_per_s, slack=0) and (
                not self.only_from or (yield from self._is_faster(spared, asked_per_s))
            ):
                return {
                    "kb_per_s": round(self.kb_per_s * got_per_s / expected_per_s, 3),
                    "asked_kb_per_s": self.kb_per_s,
                }
            yield from measure.rest()

    def _speed(self, way: Way, asked_per_s: int) -> Steps[tuple[float, float]]:
        """Bytes a second that came back, and how many should at *asked_per_s*."""
        with way.open() as line:
            if (yield from measure.ping(line, way)) is None:
                return 0.0, asked_per_s
            answer = len(line.heard)
            total = max(2, min(int(asked_per_s * MEASURED_S), _SENT_BYTES_MAX))
            yield from measure.flood(line, way, total, within_s=3 * MEASURED_S)
            # a question and its answer may differ in length; then so do the two directions
            back_per_s = asked_per_s * answer / len(way.question)
            limits = {"downstream": asked_per_s, "upstream": back_per_s}
            expected_per_s = limits.get(self.stream, min(limits.values()))
            return measure.rate_per_s(line.arrivals), expected_per_s

    def _is_faster(self, way: Way, asked_per_s: int) -> Steps[bool]:
        """Whether the same bytes come back along *way* in much less time."""
        with way.open() as line:
            total = min(int(asked_per_s * MEASURED_S), _SENT_BYTES_MAX)
            yield from measure.flood(line, way, total, within_s=total / asked_per_s / 2)
            return line.received >= total


FAULT = Bandwidth
