"""Slicer: chunks are cut into small pieces that arrive one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.core.clock import NS_PER_US
from chaos_ext.proxy.core.toxics.stage import Holding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place


class Slicer(Holding):
    """Halves a chunk, more or less the variation, until its pieces are about the average size.

    As Toxiproxy does it; pieces are therefore between half the average and the average.
    """

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Nothing is cut."""
        super().__init__(spec, place)
        self._waiting: list[
            int
        ] = []  # sizes of parts of the first chunk still to be cut, last first
        self._free_ns = 0

    def update(self, attributes: Mapping[str, Any]) -> None:
        """The rest of a chunk is cut anew."""
        self._waiting.clear()
        super().update(attributes)

    def next_piece(self, rest: int, at_ns: int) -> tuple[int, int]:
        """The next piece; at the earliest in the next turn, or the kernel gets two at once."""
        if sum(self._waiting) != rest:
            self._waiting = [rest]
        due_ns = max(self._free_ns, at_ns)
        self._free_ns = (
            max(due_ns, self._clock.now_ns()) + self.attributes["delay"] * NS_PER_US + 1
        )
        return due_ns, self._cut()

    def _cut(self) -> int:
        """Halve the first part until it is small enough, and take it."""
        average, variation = self.attributes["average_size"], self.attributes["size_variation"]
        size = self._waiting.pop()
        while size - average > variation:
            shift = self._dice.randrange(-variation, variation) if variation else 0
            first = min(max(1, size // 2 + shift), size - 1)
            self._waiting.append(size - first)
            size = first
        return size
