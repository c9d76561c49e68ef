"""Timeout: no byte gets through, and after so much silence the connection is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import Ending, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.clock import Alarm
    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place


class Timeout(Stage):
    """Loses everything; every chunk starts the silence anew, a timeout of 0 never closes.

    Once it is removed the connection closes: it could only go on with bytes missing.
    """

    acts_alone = True

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Nothing was heard."""
        super().__init__(spec, place)
        self._heard_ns = 0
        self._alarm: Alarm | None = None

    def start(self) -> None:
        """The silence begins."""
        self._heard_ns = self._clock.now_ns()
        self._wait()

    def feed(self, data: bytes, at_ns: int) -> None:  # noqa: ARG002 - they are lost
        """Lose it; the alarm finds out by itself that it rang too early."""
        self._heard_ns = self._clock.now_ns()

    def end(self, ending: Ending) -> None:
        """Lose it as well, unless it was we who closed: nobody is left to be silent to."""
        if ending is Ending.CLOSE:
            self.drop()
            self.out.end(ending)

    def update(self, attributes: Mapping[str, Any]) -> None:
        """The silence begins anew."""
        super().update(attributes)
        self.drop()
        self.start()

    def leave(self) -> None:
        """Close."""
        self.drop()
        self.out.end(Ending.CLOSE)

    def drop(self) -> None:
        """Close nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wait(self) -> None:
        if self.attributes["timeout"] > 0:
            self._alarm = self._clock.at(self._due_ns(), self._ring)

    def _due_ns(self) -> int:
        return self._heard_ns + int(self.attributes["timeout"]) * NS_PER_MS

    def _ring(self) -> None:
        self._alarm = None
        if self._due_ns() <= self._clock.now_ns():
            self.out.end(Ending.CLOSE)
        else:
            self._wait()
