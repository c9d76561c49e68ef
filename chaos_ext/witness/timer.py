"""A timer on the event loop that is tens of microseconds late, where asyncio's own is a ms.

`os.timerfd_create` comes with Python 3.13; until then the C library is asked.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_AN_ABSOLUTE_TIME = 1  # TFD_TIMER_ABSTIME
_NS_PER_S = 1_000_000_000
_libc = ctypes.CDLL(None, use_errno=True)


class Timer:
    """Calls back at an instant of the monotonic clock, once per `arm`."""

    def __init__(self, on_due: Callable[[], None]) -> None:
        """Call *on_due* on the running loop whenever an armed instant has come."""
        self._on_due = on_due
        self._loop = asyncio.get_running_loop()
        self._fd = _libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "no timer could be had from the kernel")
        self._loop.add_reader(self._fd, self._fire)

    def arm(self, at_ns: int) -> None:
        """Ask for one call at *at_ns*; an instant that has passed is due at once.

        A closed timer calls nobody: what is still outstanding when it closes may ask all the same.
        """
        if self._fd < 0:
            return
        seconds, nanoseconds = divmod(max(at_ns, 1), _NS_PER_S)
        spec = (ctypes.c_long * 4)(0, 0, seconds, nanoseconds)
        if _libc.timerfd_settime(self._fd, _AT_AN_ABSOLUTE_TIME, spec, None) != 0:
            raise OSError(ctypes.get_errno(), f"the timer cannot be set to {at_ns} ns")

    def close(self) -> None:
        """Call nobody any more."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _fire(self) -> None:
        with suppress(BlockingIOError):  # armed anew after it was due: not due yet
            os.read(self._fd, 8)
            self._on_due()
