"""Bandwidth: a direction of a connection carries so many bytes a second, and waits with the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.core.budget import MIB
from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import LITTLE, Holding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.toxics.stage import Place

_SLICE_MS = 100
_SLICE_MAX = 32 * 1024  # larger pieces would make a fast line jerk


class Bandwidth(Holding):
    """Lets pieces of at most 100 ms go, each when its last byte would have arrived.

    The rate is in kilobytes (1000 bytes) a second, for each connection and direction; 0 keeps all.
    """

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """The line is free."""
        super().__init__(spec, place)
        self._free_ns = 0  # when the line has carried what it was given
        self._widen()

    def update(self, attributes: Mapping[str, Any]) -> None:
        """The other rate holds from now on, for the bytes that wait as well."""
        self.attributes = attributes
        self._widen()
        self._free_ns = min(self._free_ns, self._clock.now_ns())
        super().update(attributes)

    def next_piece(self, rest: int, at_ns: int) -> tuple[int, int] | None:
        """As much as 100 ms carry, when they are over."""
        rate = self.attributes["rate"]  # kilobytes a second are bytes a millisecond
        if rate == 0:
            return None
        size = min(rest, rate * _SLICE_MS, _SLICE_MAX)
        self._free_ns = max(self._free_ns, at_ns) + size * NS_PER_MS // rate
        return self._free_ns, size

    def _widen(self) -> None:
        """A fast line needs more at hand, or it runs dry between two reads."""
        self.capacity = min(8 * MIB, max(LITTLE, 2 * _SLICE_MS * self.attributes["rate"]))
