"""Limit: a connection ends after so many bytes, as one that a quota or a broken proxy cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S, Leased

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.measure import Steps

_BYTES_PER_S_MIN = 10_000_000  # of what is sent to see the end


@dataclass(slots=True, kw_only=True)
class Limit(Leased):
    """Each connection brings *after_bytes* from the server, then it is closed."""

    after_bytes: int
    name: ClassVar[str] = "limit"
    colour: ClassVar[str] = "#99c794"

    @property
    def lands_within_s(self) -> float:
        """As long as the bytes take, twice."""
        return LANDS_S + 2 * self._takes_s

    def asks(self) -> Asks:
        """A toxic on the way back."""
        return [self.toxic("limit_data", "downstream", bytes=self.after_bytes)]

    def proof(self) -> Steps[dict[str, Any]]:
        """More is sent, exactly so many bytes come back, and then the end."""
        way = self.ways.through()
        while True:
            with way.open() as line:
                more = self.after_bytes + 1
                yield from measure.flood(line, way, more, within_s=1.0 + self._takes_s)
                if line.ended and line.received == self.after_bytes:
                    return {"ended_after_bytes": line.received, "how": line.ended}
            yield from measure.rest()

    @property
    def _takes_s(self) -> float:
        return self.after_bytes / _BYTES_PER_S_MIN


FAULT = Limit
