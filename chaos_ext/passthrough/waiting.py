"""Operations that a rule delays: each goes on by itself when its time has come, or nobody wants it to wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from chaos_ext.passthrough.protocol import Request
    from chaos_ext.passthrough.rules import Rule
    from chaos_ext.passthrough.timers import Timer, Timers

LOOK_NS = 20_000_000  # between two looks whether an interrupted caller is being killed
_SIGKILL = 1 << 8  # in the masks of /proc


class Waiter:
    """One operation that waits: since when, by which rules, and what it does then."""

    __slots__ = ("delays", "go_on", "pid", "since_ns", "timer")

    def __init__(self, pid: int, delays: dict[Rule, int], go_on: Callable[[], None]) -> None:
        self.pid, self.delays, self.go_on = pid, delays, go_on
        self.since_ns = world.monotonic_ns()
        self.timer: Timer | None = None

    def due_ns(self) -> int:
        """When it goes on."""
        return self.since_ns + sum(self.delays.values())


class Waiting:
    """All of them, by the number of their request."""

    def __init__(self, timers: Timers, killed: Callable[[int], None]) -> None:
        """*killed* is told the number of a request that nobody waits for any more."""
        self._timers, self._killed = timers, killed
        self._all: dict[int, Waiter] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, request: Request, delays: dict[Rule, int], go_on: Callable[[], None]) -> None:
        """Have *go_on* called when all *delays* are over, one after the other."""
        waiter = Waiter(request.pid, delays, go_on)
        self._all[request.unique] = waiter
        self._set(request.unique, waiter)

    def _set(self, unique: int, waiter: Waiter) -> None:
        if waiter.timer:
            waiter.timer.call_off()
        waiter.timer = self._timers.at(waiter.due_ns(), lambda: self._over(unique))

    def _over(self, unique: int) -> None:
        waiter = self._all.pop(unique, None)
        if waiter:
            waiter.go_on()

    def without(self, rules: Collection[Rule]) -> None:
        """Those *rules* delay nothing any more, also what waits already."""
        for unique, waiter in list(self._all.items()):
            if any(waiter.delays.pop(rule, None) for rule in rules):
                self._set(unique, waiter)

    def all_now(self) -> None:
        """Nothing waits any more."""
        for unique in list(self._all):
            self._over(unique)

    def interrupted(self, unique: int) -> None:
        """A signal came to the caller: it is let go if it is being killed, now or later.

        Any other signal must not be noticed. A disk is never interrupted, and databases give up
        when it is.
        """
        waiter = self._all.get(unique)
        if waiter is None:
            return
        if not _is_being_killed(waiter.pid):
            look_ns = world.monotonic_ns() + LOOK_NS
            self._timers.at(look_ns, lambda: self.interrupted(unique))
            return
        del self._all[unique]
        if waiter.timer:
            waiter.timer.call_off()
        self._killed(unique)


def _is_being_killed(thread: int) -> bool:
    """Whether SIGKILL waits for that thread, or it is gone."""
    try:
        status = Path(f"/proc/{thread}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    masks = [line.split()[1] for line in status.splitlines() if line.startswith("SigPnd:")]
    return any(int(mask, 16) & _SIGKILL for mask in masks)
