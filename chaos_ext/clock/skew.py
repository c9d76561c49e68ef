"""Let a clock run too fast or too slow: as one does that nobody sets any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chaos_ext.clock import values
from chaos_ext.clock.wrong import Wrong
from chaos_ext.lab import clocks


@dataclass(slots=True, kw_only=True)
class Skew(Wrong):
    """The clock of *target* gains *ms_per_s* milliseconds each second, or, below 0, loses them."""

    ms_per_s: float
    _begun_s: float = field(default=0.0, init=False)
    name: ClassVar[str] = "skew"
    colour: ClassVar[str] = "#56b6c2"

    @property
    def lands_within_s(self) -> float:
        """A slow drift takes a while to be seen."""
        return values.shows_after_s(self.ms_per_s) + 2.0

    def wanted(self, now_s: float) -> str:
        """A rate counts from the first start of the server: what it would have gained by now is taken back."""
        assert self._clock
        self._begun_s = now_s
        gained_s = (now_s - clocks.began_s(self._clock["shared"])) * self.ms_per_s / 1e3
        return f"{-gained_s:+.6f} x{1 + self.ms_per_s / 1e3:.9g}"

    def ahead_s(self, at_s: float) -> float:
        """So much for each second since it began."""
        return (at_s - self._begun_s) * self.ms_per_s / 1e3

    def shows(self, at_s: float) -> bool:
        """When more is gained or lost than measuring may be wrong by."""
        return abs(self.ahead_s(at_s)) * 1e3 >= values.SHOWS_MS


FAULT = Skew
