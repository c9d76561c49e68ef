"""Slice: what was sent at once arrives in small pieces, as through a path with tiny packets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_PIECES = 8  # of the average size: enough to see that they are several


@dataclass(slots=True, kw_only=True)
class Slice(Leased):
    """Send on in pieces of about *average_bytes*, *delay_us* apart."""

    average_bytes: int = 64
    variation_bytes: int = 0
    delay_us: int = 1000
    name: ClassVar[str] = "slice"
    colour: ClassVar[str] = "#fac863"

    @property
    def lands_within_s(self) -> float:
        """As long as the pieces take; they may be half as big, and so twice as many."""
        return LANDS_S + 3 * self._takes_s

    def asks(self) -> Asks:
        """A toxic on the way back."""
        said = {"average_size": self.average_bytes, "size_variation": self.variation_bytes}
        return [self.toxic("slicer", "downstream", **said, delay=self.delay_us)]

    def proof(self) -> Steps[dict[str, Any]]:
        """What we sent at once comes back in as many pieces as it must."""
        way, total = self.ways.through(), _PIECES * self.average_bytes
        biggest = self.average_bytes + self.variation_bytes
        while True:
            with (yield from measure.established(way)) as line:
                before, begun_ns = line.segments(), measure.now_ns()
                yield from measure.flood(line, way, total, within_s=1.0 + 2 * self._takes_s)
                took_ms, pieces = measure.ms_since(begun_ns), line.segments() - before
                received = line.received
            waited_ms = (pieces - 1) * self.delay_us / 1e3
            if received >= total and pieces * biggest >= received and took_ms >= waited_ms:
                return {
                    "pieces": pieces,
                    "bytes_a_piece": round(received / pieces, 1),
                    "took_ms": round(took_ms, 3),
                }
            yield from measure.rest()

    @property
    def _takes_s(self) -> float:
        return 2 * _PIECES * self.delay_us / 1e6


FAULT = Slice
