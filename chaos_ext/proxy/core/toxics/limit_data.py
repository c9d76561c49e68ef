"""Limit data: a connection carries so many bytes and is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.proxy.core.toxics.stage import Ending, Stage

if TYPE_CHECKING:
    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place


class LimitData(Stage):
    """Counts what it lets pass, whatever becomes of the other toxics; a limit of 0 closes at the first byte."""

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Nothing has passed."""
        super().__init__(spec, place)
        self._passed = 0
        self._over = False

    def feed(self, data: bytes, at_ns: int) -> None:
        """Pass as much as is left, and close when nothing is."""
        if self._over:
            return
        left = max(0, self.attributes["bytes"] - self._passed)
        self._passed += min(left, len(data))
        self._over = self._passed >= self.attributes["bytes"]
        if left:
            self.out.feed(data[:left], at_ns)
        if self._over:
            self.out.end(Ending.CLOSE)
