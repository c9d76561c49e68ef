"""Tell the person at the terminal what happens, one line a step, while it happens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress:
    """Lines with the time since the run began; to stderr, so that stdout has the verdict."""

    def __init__(self, redact: Callable[[str], str], out: TextIO | None = None) -> None:
        """Begin to count the time; *redact* takes secrets out of each line."""
        self._redact = redact
        self._out = out or sys.stderr
        self._began_ns = world.monotonic_ns()

    def say(self, text: str) -> None:
        """One line."""
        seconds = (world.monotonic_ns() - self._began_ns) / 1e9
        bright = ("\x1b[36m", "\x1b[0m") if self._out.isatty() else ("", "")
        self._out.write(f"{bright[0]}{seconds:7.1f} s{bright[1]}  {self._redact(text)}\n")
        self._out.flush()
