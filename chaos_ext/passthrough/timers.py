"""What is to be done later: a heap, ordered by when."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer:
    """One thing to be done once, unless it is called off."""

    __slots__ = ("action", "at_ns")

    def __init__(self, at_ns: int, action: Callable[[], None]) -> None:
        self.at_ns, self.action = at_ns, action

    def call_off(self) -> None:
        """Nothing is done."""
        self.action = _nothing


class Timers:
    """All of them; whoever asks brings the time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._count = 0  # of two that are due together the older one goes first

    def at(self, at_ns: int, action: Callable[[], None]) -> Timer:
        """Do *action* when *at_ns* has come."""
        timer = Timer(at_ns, action)
        self._count += 1
        heapq.heappush(self._heap, (at_ns, self._count, timer))
        return timer

    def next_ns(self) -> int:
        """When the next one is due; 0 when there is none."""
        while self._heap and self._heap[0][2].action is _nothing:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else 0

    def run(self, now_ns: int) -> None:
        """Do all that is due."""
        while self._heap and self._heap[0][0] <= now_ns:
            heapq.heappop(self._heap)[2].action()


def _nothing() -> None:
    """What a timer does that was called off."""
