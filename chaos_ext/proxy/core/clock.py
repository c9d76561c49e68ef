"""When held bytes are let go: one timer of the kernel and a heap, late by tens of microseconds.

The loop's own timers count whole milliseconds, and uvloop's ring early.
"""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000
_CALLED_OFF_MAX = 1_000  # dead alarms that may lie in the heap before it is looked through


class Alarm:
    """One call that was asked for, and may be called off."""

    __slots__ = ("_heap", "call")

    def __init__(self, call: Callable[[], None], heap: Alarms) -> None:
        """To *call* when it is time, unless called off."""
        self.call: Callable[[], None] | None = call
        self._heap = heap

    def cancel(self) -> None:
        """Call it off, again and again if need be."""
        if self.call is not None:
            self.call = None
            self._heap.called_off()


class Alarms:
    """Calls by the instant they are due; whoever knows the time says `ring`."""

    def __init__(self) -> None:
        """Nothing is asked for yet."""
        self._heap: list[tuple[int, int, Alarm]] = []
        self._order = count()  # alarms of one instant ring as they were asked for
        self._called_off = 0

    def now_ns(self) -> int:
        """The clock that `at` is told in."""
        return world.monotonic_ns()

    def at(self, due_ns: int, call: Callable[[], None]) -> Alarm:
        """Have *call* called at *due_ns*, never earlier."""
        alarm = Alarm(call, self)
        due_ns = max(1, due_ns)  # 0 would stop the kernel's timer
        heappush(self._heap, (due_ns, next(self._order), alarm))
        if self._heap[0][2] is alarm:
            self._set(due_ns)
        return alarm

    def ring(self, now_ns: int) -> None:
        """Make every call that is due at *now_ns*."""
        heap = self._heap
        try:
            while heap and heap[0][0] <= now_ns:
                alarm = heappop(heap)[2]
                call, alarm.call = alarm.call, None
                if call is None:
                    self._called_off -= 1
                else:
                    call()
        finally:  # one call that breaks down must not keep the others waiting for ever
            self._set(heap[0][0] if heap else 0)

    def called_off(self) -> None:
        """One alarm will not ring: the dead must not outnumber the living for long."""
        self._called_off += 1
        if self._called_off > max(_CALLED_OFF_MAX, len(self._heap) // 2):
            self._heap[:] = [each for each in self._heap if each[2].call is not None]
            heapify(self._heap)
            self._called_off = 0

    def _set(self, due_ns: int) -> None:
        """The earliest alarm is due at *due_ns*; 0: there is none."""


class Clock(Alarms):
    """Alarms of the running event loop, rung by a timerfd."""

    def __init__(self) -> None:
        """Ask the kernel for a timer."""
        super().__init__()
        self._timer = world.KernelTimer()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._timer.fd, self._due)
        self._ringing = False

    def close(self) -> None:
        """Ring no more."""
        if self._timer.fd >= 0:
            self._loop.remove_reader(self._timer.fd)
            self._timer.close()

    def _due(self) -> None:
        self._ringing = True
        try:
            self.ring(self.now_ns())
        finally:
            self._ringing = False
            self._set(self._heap[0][0] if self._heap else 0)

    def _set(self, due_ns: int) -> None:
        """Set the timer, which also forgets that it rang; while ringing, only once at the end."""
        if not self._ringing and self._timer.fd >= 0:
            self._timer.set(due_ns)
