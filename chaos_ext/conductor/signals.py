"""Signals: heal first, then leave; the exit may wait for the host's threads, the heal may not."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The exit code of each: the host plays its rollbacks for every code but 30.
WATCHED = {
    signal.SIGTERM: 20,
    signal.SIGINT: 20,
    signal.SIGHUP: 20,
    signal.SIGUSR1: 20,
    signal.SIGUSR2: 30,
}
HEAL_S_MAX = 1.0


class Watch:
    """While it is on, a signal heals, and then raises SystemExit in the main thread."""

    def __init__(self, heal: Callable[[str], bool]) -> None:
        """*heal* gets the signal's name; it answers whether the run shall end now."""
        self._heal = heal
        self._before: dict[signal.Signals, Any] = {}

    def on(self) -> None:
        """Take over; the host's own handlers are kept for later."""
        for signum in WATCHED:
            self._before[signum] = signal.signal(signum, self._caught)

    def off(self) -> None:
        """Give the signals back."""
        while self._before:
            signum, handler = self._before.popitem()
            signal.signal(signum, handler)

    def _caught(self, signum: int, _frame: object) -> None:
        if self._heal(signal.Signals(signum).name):
            raise SystemExit(WATCHED[signal.Signals(signum)])
