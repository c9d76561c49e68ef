"""Hogs that compete with a server for its processors: for whoever is not root.

They take from everybody on those processors, not from the server alone, and what is left to the
server is what the kernel's sense of fairness gives to one more thread beside them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext.resource import hogs
from chaos_ext.resource.hogs import Hog
from chaos_ext.resource.share import Share

if TYPE_CHECKING:
    from chaos_ext.resource.cpu import Running

POINTS = 15.0  # of one core
NICE_MOST = 19
_WEIGHT_STEP = 1.25  # of the kernel, for each step of niceness
_WEIGHT_LEAST = 0.015  # of niceness 19


def niceness(percent: float) -> list[int]:
    """How nice each of the hogs on one processor must be to leave *percent* of it to one thread."""
    wanted = (100 - percent) / percent  # in threads as weighty as the server's
    whole, rest = int(wanted), wanted - int(wanted)
    found = [0] * whole
    if rest > _WEIGHT_LEAST:
        found.append(min(NICE_MOST, round(math.log(1 / rest) / math.log(_WEIGHT_STEP))))
    return found


class CpuHogs:
    """As many on each processor that *target* may use as leave *percent* of it to one thread."""

    def __init__(self, target: Running, percent: float) -> None:
        """Nothing is done."""
        self._target, self._percent = target, percent
        self._waiting: dict[Hog, tuple[int, int]] = {}
        self._hogs: list[Hog] = []
        self._helpers: list[int] = []
        self._share = Share(target.lease_id, 100, lambda: self._helpers)
        self._measured: dict[str, Any] | None = None

    def look(self) -> dict[str, Any]:
        """Where it may run."""
        return {"cpus": sorted(os.sched_getaffinity(self._target.identity.pid))}

    def inject(self, before: dict[str, Any]) -> None:
        """Start them; they begin when all are ready."""
        for cpu in before["cpus"]:
            for nice in niceness(self._percent):
                self._waiting[Hog(self._target.lease_id, "busy")] = cpu, nice

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """One more busy thread gets about as much as asked for; then, while all hogs live."""
        self._begin()
        if self._waiting or not self._hogs or not all(hog.alive() for hog in self._hogs):
            return None
        if self._measured is None:
            found = self._share.measured(self._helpers.append)
            if (
                found is not None and found <= self._percent + POINTS
            ):  # others may want some, too
                self._measured = {"share_percent": round(found, 2), "hogs": len(self._hogs)}
                self._measured["cpus"] = len(before["cpus"])
        return None if self._measured is None else dict(self._measured)

    def heal(self, before: dict[str, Any]) -> None:  # noqa: ARG002 - their lease is all there is
        """End them, and those of a guardian that died."""
        for hog in (*self._hogs, *self._waiting):
            hog.end()
        self._hogs, self._waiting = [], {}
        self._share.stop()
        hogs.end_left(self._target.lease_id)

    def healed(self, before: dict[str, Any]) -> bool:  # noqa: ARG002 - their lease is all there is
        """No hog of this lease runs."""
        return not hogs.left(self._target.lease_id)

    def _begin(self) -> None:
        for hog, (cpu, nice) in list(self._waiting.items()):
            if hog.ready() and _placed(hog.pid, cpu, nice):
                hog.go()
                self._hogs.append(hog)
                del self._waiting[hog]


def _placed(pid: int, cpu: int, nice: int) -> bool:
    """Whether it is where it belongs, as nice as it must be: the kernel may want a moment for that."""
    os.sched_setaffinity(pid, {cpu})
    os.setpriority(os.PRIO_PROCESS, pid, nice)
    if nice:
        try:  # where the kernel is fair among sessions, a session has a niceness of its own
            Path(f"/proc/{pid}/autogroup").write_text(str(nice), encoding="ascii")
        except BlockingIOError:
            return False
        except OSError:  # it is fair among threads
            return True
    return True
