"""How much all connections together may hold back, so that no fault can eat the machine's memory."""

from __future__ import annotations

import ctypes
from typing import Protocol

MIB = 1 << 20
OF_ALL_MAX = 1024 * MIB
OF_ONE_MAX = 64 * MIB  # one direction of one connection
WHEN_TIGHT_MAX = MIB // 16  # one direction, once all together hold too much: enough to go on
_RELAXED = 0.9  # of OF_ALL_MAX: below it everybody may read again
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
_MAPPED_FROM = 32 * MIB  # the most that the C library takes


class Waiting(Protocol):
    """Who reads no more because all together hold too much."""

    def relax(self) -> None:
        """There is room again."""


class Budget:
    """Bytes held by all links of a process, and who waits for room."""

    def __init__(self, most: int = OF_ALL_MAX) -> None:
        """Nothing is held; *most* bytes may be."""
        self.held = 0
        self._most = most
        self._waiting: set[Waiting] = set()

    def tight(self) -> bool:
        """Whether all together hold too much."""
        return self.held > self._most

    def wait(self, who: Waiting) -> None:
        """Tell *who* once there is room again."""
        self._waiting.add(who)

    def forget(self, who: Waiting) -> None:
        """*who* waits no more."""
        self._waiting.discard(who)

    def give_back(self, size: int) -> None:
        """*size* bytes are held no longer."""
        self.held -= size
        if self._waiting and self.held < self._most * _RELAXED:
            waiting, self._waiting = self._waiting, set()
            for who in waiting:
                who.relax()


def keep_freed_memory() -> None:
    """Have the C library keep what a held chunk has freed for the next one: twice the throughput.

    It would give each chunk of 128 KiB and more back to the kernel, which clears every page anew.
    """
    tune = getattr(
        ctypes.CDLL(None), "mallopt", None
    )  # a C library without it has its own ways
    if tune is not None:
        tune(_M_MMAP_THRESHOLD, _MAPPED_FROM)
        tune(_M_TRIM_THRESHOLD, OF_ONE_MAX)
