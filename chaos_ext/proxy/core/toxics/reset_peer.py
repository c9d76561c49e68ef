"""Reset peer: the connection is reset so long after its first byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import Ending, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.clock import Alarm
    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place


class ResetPeer(Stage):
    """Loses everything from the first byte (or end) on, and resets when its time has come.

    Once bytes are lost the connection cannot go on: removing the toxic resets it at once. One
    that says nothing is left alone.
    """

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Nothing was heard."""
        super().__init__(spec, place)
        self._heard_ns = -1  # when the first byte came
        self._alarm: Alarm | None = None

    def feed(self, data: bytes, at_ns: int) -> None:  # noqa: ARG002 - they are lost
        """The time starts with the first."""
        self._hear()

    def end(self, ending: Ending) -> None:
        """An end counts as a byte; a reset from elsewhere need not wait for ours."""
        if ending is Ending.RESET:
            self.out.end(ending)
        else:
            self._hear()

    def update(self, attributes: Mapping[str, Any]) -> None:
        """The other time counts from the first byte as well."""
        super().update(attributes)
        if self._heard_ns >= 0:
            self.drop()
            self._wait()

    def leave(self) -> None:
        """Bytes are missing: nobody may go on as if they were not."""
        self.drop()
        if self._heard_ns >= 0:
            self._reset()

    def drop(self) -> None:
        """Reset nothing any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _hear(self) -> None:
        if self._heard_ns < 0:
            self._heard_ns = self._clock.now_ns()
            self._wait()

    def _wait(self) -> None:
        due_ns = self._heard_ns + int(self.attributes["timeout"]) * NS_PER_MS
        if due_ns <= self._clock.now_ns():
            self._reset()
        else:
            self._alarm = self._clock.at(due_ns, self._reset)

    def _reset(self) -> None:
        self._alarm = None
        self.out.end(Ending.RESET)
