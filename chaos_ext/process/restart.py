"""Restart a server: it ends in good order and is back at once, as an upgrade would do it."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from chaos_ext.process.kill import Killable


@dataclass(slots=True)
class Restart:
    """End *target* with SIGTERM and start the same server again."""

    target: Killable
    _started: bool = field(default=False, init=False)
    _sent: bool = field(default=True, init=False)  # after a crash nobody knows: it may be
    name: ClassVar[str] = "restart"
    colour: ClassVar[str] = "#d19a66"
    momentary: ClassVar[bool] = True

    def inject(self) -> None:
        """Ask it to end."""
        self._sent = False
        self.target.send(signal.SIGTERM)
        self._sent = True

    def landed(self) -> dict[str, Any] | None:
        """The old process has ended and a new one serves."""
        if not self.target.ended():
            return None
        if not self._started:  # once: one that ends again must not be started for ever
            self.target.start_again()
            self._started = True
        return {"restarted": True} if self.target.serving() else None

    def heal(self) -> None:
        """Start it again, once it is gone; one that runs already stays."""
        if self._sent and not self.target.ended():
            self.target.end(signal.SIGTERM)
        self.target.start_again()

    def healed(self) -> bool:
        """It serves, and goes on serving."""
        return self.target.settled()


FAULT = Restart
