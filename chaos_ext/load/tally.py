"""One row for every arrival, on disk as soon as it is over, and the counts of them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chaos_ext.history import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROW = struct.Struct("<BBBBIqqq")  # the shape of rows.ARRIVAL, packed without numpy
_CODES = {name: code for code, name in enumerate(rows.ERRORS)}


class Sink(Protocol):
    """Where packed rows go; must not keep them back."""

    def put(self, packed: bytes) -> None:
        """Append *packed*."""


class Arrival(NamedTuple):
    """One arrival that is over."""

    kind: int
    outcome: int
    error: str  # one of rows.ERRORS
    seq: int
    intended_ns: int
    sent_ns: int
    finished_ns: int


def pack(arrival: Arrival) -> bytes:
    """*arrival* as a row of rows.ARRIVAL."""
    return _ROW.pack(
        arrival.kind,
        arrival.outcome,
        _CODES[arrival.error],
        0,
        arrival.seq,
        arrival.intended_ns,
        arrival.sent_ns,
        arrival.finished_ns,
    )


class Tally:
    """Writes rows one by one, unbuffered, so that a killed process loses none; and counts."""

    def __init__(self, sink: Sink) -> None:
        """Count nothing yet."""
        self._sink = sink
        self.counts = dict.fromkeys(rows.OUTCOMES, 0)

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Write *arrivals* in one piece and count them."""
        arrivals = list(arrivals)
        self._sink.put(b"".join(map(pack, arrivals)))
        for arrival in arrivals:
            self.counts[rows.OUTCOMES[arrival.outcome]] += 1

    @property
    def written(self) -> int:
        """How many arrivals have their row."""
        return sum(self.counts.values())

    def summary(self, planned: int) -> dict[str, int]:
        """What became of the *planned* arrivals."""
        ok, failed, dropped = (self.counts[name] for name in ("ok", "failed", "dropped"))
        return {
            "planned": planned,
            "sent": ok + failed,
            "ok": ok,
            "failed": failed,
            "dropped": dropped,
        }
