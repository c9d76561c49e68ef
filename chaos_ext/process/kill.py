"""Kill a process at once: no goodbye, no flush, as a power cut or the OOM killer would."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol


class Killable(Protocol):
    """A process that can be ended, and the server it is, which can be started again."""

    def send(self, signum: signal.Signals) -> None:
        """Signal that very process."""

    def end(self, signum: signal.Signals) -> None:
        """End that very process for certain."""

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def replaced(self) -> bool:
        """Whether the server runs as another process already."""

    def serving(self) -> bool:
        """Whether the server runs and serves."""

    def settled(self) -> bool:
        """Whether it serves, and still does a moment later; raises when it has ended."""

    def start_again(self) -> None:
        """Start the server again, unless it runs."""


@dataclass(slots=True)
class Kill:
    """End *target* with *signum*; healing starts the same server again."""

    target: Killable
    signum: int = signal.SIGKILL
    _sent: bool = field(default=True, init=False)  # after a crash nobody knows: it may be
    name: ClassVar[str] = "kill"
    colour: ClassVar[str] = "#e06c75"
    momentary: ClassVar[bool] = False

    def inject(self) -> None:
        """Send the signal."""
        self._sent = False
        self.target.send(signal.Signals(self.signum))
        self._sent = True

    def landed(self) -> dict[str, Any] | None:
        """The process has ended and nothing has taken its place."""
        if not self.target.ended() or self.target.replaced():
            return None
        return {"ended": True}

    def heal(self) -> None:
        """Start it again, once it is gone; one that runs already stays."""
        if self._sent and not self.target.ended():
            self.target.end(signal.Signals(self.signum))
        self.target.start_again()

    def healed(self) -> bool:
        """It serves, and goes on serving."""
        return self.target.settled()


FAULT = Kill
