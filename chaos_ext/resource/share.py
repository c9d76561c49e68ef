"""How much of the processors some processes really get, as the kernel has counted it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.resource.hogs import Hog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WINDOW_S = 0.3  # fifteen of the kernel's periods, so one more or less is no matter
_CPU_CLOCK_OF_A_PROCESS = 2  # the kernel's: (~pid << 3) | CPUCLOCK_SCHED


def used_ns(pids: Iterable[int]) -> dict[int, int]:
    """How long each of them has run in its life, threads that ended included."""
    found = {}
    for pid in pids:
        try:
            found[pid] = time.clock_gettime_ns((~pid << 3) | _CPU_CLOCK_OF_A_PROCESS)
        except OSError:  # it has ended
            continue
    return found


class Share:
    """The share that processes get, in percent of one core, while helpers want all they can have."""

    def __init__(
        self, lease_id: str, percent: float, pids: Callable[[], Iterable[int]]
    ) -> None:
        """*pids* are those that share up to *percent*; helpers are busy enough to use it up."""
        self._lease_id, self._pids = lease_id, pids
        self._count = math.ceil(percent / 100)
        self._helpers: list[Hog] = []
        self._ready: set[int] = set()
        self._before: dict[int, int] = {}
        self._since_ns = 0

    def measured(self, admit: Callable[[int], None]) -> float | None:
        """The share got within the last moment; None while it is not known yet.

        *admit* puts a helper among those that are measured; the helpers go when it is known.
        """
        if not self._helpers:
            self._helpers = [Hog(self._lease_id, "busy") for _ in range(self._count)]
        if len(self._ready) < self._count:
            self._begin(admit)
            return None
        passed_ns = world.monotonic_ns() - self._since_ns
        if passed_ns < WINDOW_S * 1e9:
            return None
        now = used_ns(self._pids())
        ran_ns = sum(now[pid] - self._before.get(pid, now[pid]) for pid in now)
        self.stop()
        return ran_ns * 100 / passed_ns

    def stop(self) -> None:
        """No helper is left."""
        for helper in self._helpers:
            helper.end()
        self._helpers, self._ready = [], set()

    def _begin(self, admit: Callable[[int], None]) -> None:
        """Each is admitted when it is ready: to get ready within would take it long."""
        for helper in self._helpers:
            if helper.pid not in self._ready and helper.ready():
                admit(helper.pid)
                helper.go()
                self._ready.add(helper.pid)
        if len(self._ready) == self._count:
            self._since_ns = world.monotonic_ns()
            self._before = used_ns(self._pids())
