"""A timer on the event loop that is tens of microseconds late, where asyncio's own is a ms."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer:
    """Calls back at an instant of the monotonic clock, once per `arm`."""

    def __init__(self, on_due: Callable[[], None]) -> None:
        """Call *on_due* on the running loop whenever an armed instant has come."""
        self._on_due = on_due
        self._loop = asyncio.get_running_loop()
        self._timer = world.KernelTimer()
        self._loop.add_reader(self._timer.fd, self._fire)

    def arm(self, at_ns: int) -> None:
        """Ask for one call at *at_ns*; an instant that has passed is due at once.

        A closed timer calls nobody: what is still outstanding when it closes may ask all the same.
        """
        if self._timer.fd >= 0:
            self._timer.set(max(at_ns, 1))

    def close(self) -> None:
        """Call nobody any more."""
        if self._timer.fd >= 0:
            self._loop.remove_reader(self._timer.fd)
            self._timer.close()

    def _fire(self) -> None:
        with suppress(BlockingIOError):  # armed anew after it was due: not due yet
            os.read(self._timer.fd, 8)
            self._on_due()
