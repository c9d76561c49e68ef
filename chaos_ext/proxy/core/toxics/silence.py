"""Silence: nothing passes and nothing closes, as when a cable is pulled."""

from __future__ import annotations

from chaos_ext.proxy.core.toxics.stage import Ending, Holding


class Silence(Holding):
    """Keeps everything, the end of the stream as well; it passes once the silence is over."""

    def next_piece(self, rest: int, at_ns: int) -> None:
        """Nothing goes."""

    def end(self, ending: Ending) -> None:
        """An end is not heard either."""
        self._ending = max(self._ending, ending)
