"""Flap: the way is there and gone in turn, as with a loose cable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased
from chaos_ext.network.line import REFUSED

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_LOOK_S_MAX = 0.5


@dataclass(slots=True, kw_only=True)
class Flap(Leased):
    """Refuse connections for *down_s*, take them for *up_s*, and so on; it begins with down."""

    up_s: float = 1.0
    down_s: float = 1.0
    name: ClassVar[str] = "flap"
    colour: ClassVar[str] = "#d8a0df"

    @property
    def lands_within_s(self) -> float:
        """Until it was down and up again."""
        return LANDS_S + self.up_s + self.down_s

    def asks(self) -> Asks:
        """The proxy does it by itself."""
        return [
            {"do": "flap", "up_ms": round(self.up_s * 1e3), "down_ms": round(self.down_s * 1e3)}
        ]

    def proof(self) -> Steps[dict[str, Any]]:
        """Seen down, and later up."""
        begun_ns = measure.now_ns()
        while (yield from self._is_up()):
            yield
        down_ms = measure.ms_since(begun_ns)
        while not (yield from self._is_up()):
            yield
        up_ms = measure.ms_since(begun_ns)
        return {"down_after_ms": round(down_ms, 3), "up_after_ms": round(up_ms, 3)}

    def _is_up(self) -> Steps[bool]:
        """Whether a connection is taken; one that nobody decides on counts as taken."""
        with self.ways.unasked() as line:
            yield from measure.until(line.decided, _LOOK_S_MAX)
            return line.ended != REFUSED


FAULT = Flap
