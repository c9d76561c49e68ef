"""Slow close: that one end has closed is told to the other later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import Ending, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.clock import Alarm
    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place


class SlowClose(Stage):
    """Lets bytes pass and holds the end for the delay."""

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """No end has come."""
        super().__init__(spec, place)
        self._ending = Ending.NONE
        self._alarm: Alarm | None = None

    def end(self, ending: Ending) -> None:
        """Wait, then tell."""
        self._ending = max(self._ending, ending)
        if self._alarm is None:
            due_ns = self._clock.now_ns() + self.attributes["delay"] * NS_PER_MS
            self._alarm = self._clock.at(due_ns, self._tell)

    def update(self, attributes: Mapping[str, Any]) -> None:
        """An end that waits begins to wait anew."""
        super().update(attributes)
        if self._ending:
            self.drop()
            self.end(self._ending)

    def leave(self) -> None:
        """Tell at once."""
        self.drop()
        if self._ending:
            self._tell()

    def drop(self) -> None:
        """Tell nobody."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _tell(self) -> None:
        self._alarm = None
        self.out.end(self._ending)
