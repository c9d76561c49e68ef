"""Stall: loss as a sender sees it, for a stream that must never lack a byte."""

from __future__ import annotations

from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import Holding

_DOUBLINGS_MAX = 10  # at 100 % a chunk would wait for ever


class Stall(Holding):
    """A chunk in so many waits for its retransmission, and what is behind it waits as well.

    Lost again it waits twice as long again, as TCP does.
    """

    def next_piece(self, rest: int, at_ns: int) -> tuple[int, int]:
        """A whole chunk: at once, or after as many timeouts as it was lost."""
        wait_ms, lost_ms = 0, self.attributes["stall_ms"]
        for _ in range(_DOUBLINGS_MAX):
            if self._dice.random() * 100 >= self.attributes["percent"]:
                break
            wait_ms += lost_ms
            lost_ms *= 2
        return at_ns + wait_ms * NS_PER_MS, rest
