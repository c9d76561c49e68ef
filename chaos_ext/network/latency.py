"""Latency: what passes arrives later, as over a long or a busy line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_TOLD_TIMES = 3  # as many measurements as may fail before the fault has not landed
_SAMPLES = 9  # connections asked at once where each answer has a delay of its own


@dataclass(slots=True, kw_only=True)
class Latency(Leased):
    """Each direction of *stream* takes *ms* longer, give or take *jitter_ms*."""

    ms: int = 100
    jitter_ms: int = 0
    distribution: str = "uniform"
    stream: str = "downstream"
    name: ClassVar[str] = "latency"
    colour: ClassVar[str] = "#5fb3b3"

    @property
    def asked_ms(self) -> int:
        """What it adds to the way there and back."""
        return self.ms * self._directions

    @property
    def lands_within_s(self) -> float:
        """As long as several answers take."""
        return LANDS_S + _TOLD_TIMES * (self.asked_ms + self._spread_ms) / 1e3

    def asks(self) -> Asks:
        """A latency toxic a direction."""
        said = {"latency": self.ms, "jitter": self.jitter_ms}
        shape = {"distribution": self.distribution} if self.jitter_ms else {}
        return [self.toxic("latency", self.stream, **said, **shape)]

    def proof(self) -> Steps[dict[str, Any]]:
        """The way through the proxy takes longer than the way past it by what was asked for."""
        hit = [self.ways.asking(self.source)] * (_SAMPLES if self.jitter_ms else 1)
        straight = [way for way in [self.ways.straight()] if way]
        spared = [self.ways.asking()] if self.only_from else []
        answered: list[tuple[float, float]] = []

        def as_asked(times: list[float]) -> bool:
            rtt_ms = measure.median(times[: len(hit)])
            direct_ms = times[len(hit)] if straight else 0.0
            answered.append((rtt_ms, direct_ms))
            untouched = all(
                each - direct_ms < measure.GONE_MS for each in times[-len(spared) :]
            )
            added_ms = rtt_ms - direct_ms
            near = measure.near(added_ms, self.asked_ms, spread=self._spread_ms)
            # a short delay, or one with much jitter, is near to none at all
            seen = added_ms >= self.asked_ms / 2
            return near and seen and (untouched or not spared)

        within_s = measure.ANSWER_S_MAX + 2 * (self.asked_ms + self._spread_ms) / 1e3
        yield from measure.pings([*hit, *straight, *spared], as_asked, within_s)
        rtt_ms, direct_ms = answered[-1]
        return {
            "rtt_ms": round(rtt_ms, 3),
            "direct_ms": round(direct_ms, 3),
            "asked_ms": self.asked_ms,
        }

    @property
    def _directions(self) -> int:
        return 2 if self.stream == "both" else 1

    @property
    def _spread_ms(self) -> int:
        return self.jitter_ms * self._directions


FAULT = Latency
