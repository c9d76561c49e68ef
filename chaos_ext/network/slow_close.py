"""Slow close: the end of a connection arrives late, as from a server that cannot let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_SLACK_MS = 5.0


@dataclass(slots=True, kw_only=True)
class SlowClose(Leased):
    """What the server closes is closed for the client *delay_ms* later."""

    delay_ms: int = 1000
    name: ClassVar[str] = "slow_close"
    colour: ClassVar[str] = "#ab7967"

    @property
    def lands_within_s(self) -> float:
        """As long as several closings take."""
        return LANDS_S + 3 * self.delay_ms / 1e3

    def asks(self) -> Asks:
        """A toxic on the way back."""
        return [self.toxic("slow_close", "downstream", delay=self.delay_ms)]

    def proof(self) -> Steps[dict[str, Any]]:
        """We say that we are done; the answer to that comes late."""
        way = self.ways.through()
        while True:
            with (yield from measure.established(way)) as line:
                begun_ns = measure.now_ns()
                line.finish()
                yield from measure.until(line.over, 1.0 + 2 * self.delay_ms / 1e3)
                took_ms = measure.ms_since(begun_ns)
            late = self.delay_ms <= took_ms  # a toxic is never early
            if line.ended and late and measure.near(took_ms, self.delay_ms, slack=_SLACK_MS):
                return {"closed_after_ms": round(took_ms, 3), "asked_ms": self.delay_ms}
            yield from measure.rest()


FAULT = SlowClose
