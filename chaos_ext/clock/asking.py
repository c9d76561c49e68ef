"""How far a server's clock is from ours, by asking it; which question that is, its system knows."""

from __future__ import annotations

import importlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from chaos_ext import world
from chaos_ext.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Inside(Protocol):
    """What `chaos_ext.<system>.inside` must offer."""

    def now_s(self, address: Sequence[str | int], timeout_s: float = 0.5) -> float:
        """The time of the server's own clock, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a clock is ahead, and how far wrong that may be."""

    at_s: float  # our own time in the middle of asking
    ahead_s: float
    give_or_take_s: float

    def by(self, wanted_s: float, within_s: float) -> bool:
        """Whether it may be *wanted_s* ahead, give or take *within_s*."""
        return abs(self.ahead_s - wanted_s) <= within_s + self.give_or_take_s


def inside(system: str) -> Inside:
    """Who knows how to ask; BadArgument where nobody does."""
    with suppress(ModuleNotFoundError):
        found = importlib.import_module(f"chaos_ext.{system}.inside")
        if hasattr(found, "now_s"):
            return cast("Inside", found)
    raise BadArgument(f"clock: nobody knows how to ask {system} its time")


def apart(path: Mapping[str, Any]) -> Apart:
    """How far the clock of the server at the end of *path* is ahead; asked at its own address."""
    asks = inside(path["system"])
    before_s = now_s()
    told_s = asks.now_s(path["bind"])
    after_s = now_s()
    middle_s = (before_s + after_s) / 2
    return Apart(middle_s, told_s - middle_s, (after_s - before_s) / 2)


def now_s() -> float:
    """Our own clock, in seconds since 1970."""
    return world.utc_now().timestamp()
