"""Set a clock ahead or back at once: as after a long sleep, a bad time server, or a wrong hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos_ext.clock.wrong import Wrong


@dataclass(slots=True, kw_only=True)
class Jump(Wrong):
    """The clock of *target* is *by_s* ahead, or, below 0, behind."""

    by_s: float
    name: ClassVar[str] = "jump"
    colour: ClassVar[str] = "#c678dd"

    def wanted(self, now_s: float) -> str:  # noqa: ARG002 - it is the same at every time
        """So much more than the true time, which runs as ever."""
        return f"{self.by_s:+.6f} x1"

    def ahead_s(self, at_s: float) -> float:  # noqa: ARG002
        """All of it, from the beginning."""
        return self.by_s

    def shows(self, at_s: float) -> bool:  # noqa: ARG002
        """At once."""
        return True


FAULT = Jump
