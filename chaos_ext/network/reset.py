"""Reset: connections end by an RST, as when a firewall has forgotten them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import line as lines
from chaos_ext.network import measure
from chaos_ext.network.client import segment
from chaos_ext.network.holders import RESET
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_SLACK_MS = 20.0  # of a reset that nobody schedules to the millisecond
_SEEN_S_MAX = 1.0


@dataclass(slots=True, kw_only=True)
class Reset(Leased):
    """Reset all connections there are; with *every_new* each later one, *after_ms* after its first data."""

    every_new: bool = False
    after_ms: int = 0
    name: ClassVar[str] = "reset"
    colour: ClassVar[str] = "#f99157"

    @property
    def momentary(self) -> bool:
        """Over as soon as all are reset, unless new ones are reset too."""
        return not self.every_new

    @property
    def lands_within_s(self) -> float:
        """As long as several connections last."""
        return LANDS_S + 3 * self.after_ms / 1e3

    def asks(self) -> Asks:
        """The connections that are there; a toxic for those that will come."""
        now = {"do": RESET}
        later = self.toxic("reset_peer", "upstream", timeout=self.after_ms)
        return [now, later] if self.every_new else [now]

    def course(self) -> Steps[dict[str, Any]]:
        """A connection of ours is reset with all others, of which there must be some; then a new one too."""
        others = 0
        while True:
            with (yield from measure.established(self.ways.through())) as line:
                if self.every_new and not self._begun:
                    self.put()
                others += self._reset_now() - 1  # one is ours
                yield from measure.until(line.over, _SEEN_S_MAX)
                if line.ended == lines.RESET and (others or self.every_new):
                    break
            yield from measure.rest()
        seen = {"reset": others, "established": line.ended}
        return seen | (yield from self._new_one()) if self.every_new else seen

    def _reset_now(self) -> int:
        proxy = segment(self.path["proxy"]["name"])
        told = self.server.ask("POST", f"/chaos/proxies/{proxy}/reset", {})
        return int(told["reset"])

    def _new_one(self) -> Steps[dict[str, Any]]:
        """How long a new connection lasts after its first data."""
        way = self.ways.through()
        while True:
            with way.open() as line:
                line.say(way.question, len(way.question))
                yield from measure.until(line.decided, _SEEN_S_MAX)
                begun_ns = measure.now_ns()
                patience_s = _SEEN_S_MAX + 2 * self.after_ms / 1e3
                yield from measure.until(line.over, patience_s)
                lasted_ms = (line.ended_ns - begun_ns) / 1e6
            if line.ended == lines.RESET and measure.near(
                lasted_ms, self.after_ms, slack=_SLACK_MS
            ):
                return {"new_reset_after_ms": round(lasted_ms, 3)}
            yield from measure.rest()


FAULT = Reset
