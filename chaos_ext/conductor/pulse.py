"""A line now and then while nothing else is told: how the watched service fares right now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from pathlib import Path

    from chaos_ext.conductor.progress import Progress
    from chaos_ext.conductor.run import Run

EVERY_S = 2.5
ROWS_SEEN = 400  # about two seconds of a canary at its usual pace


class Pulse:
    """Tells how the run fares, every few seconds, until it is stopped."""

    def __init__(self, run: Run, progress: Progress) -> None:
        """Begin to tell."""
        self._run, self._progress = run, progress
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell, daemon=True, name="pulse")
        self._teller.start()

    def stop(self) -> None:
        """Tell no more."""
        self._over.set()
        self._teller.join(1.0)

    def _tell(self) -> None:
        while not self._over.wait(EVERY_S):
            text = state(self._run.folder / "canary.bin", world.monotonic_ns())
            if text and self._run.phase and not self._over.is_set():
                self._progress.say(f"  {self._run.phase}: {text}")


def state(rows_file: Path, now_ns: int) -> str:
    """How the last answers to the witness look, in words; empty when there are none."""
    from chaos_ext.history import rows  # noqa: PLC0415 - numpy is loaded on use

    steps = rows.tail(rows_file, rows.STEP, ROWS_SEEN)
    answered = steps[steps["part"] == rows.ANSWERED]
    if not len(answered):
        return ""
    good = answered[answered["outcome"] == rows.OK]
    if not len(good):
        return "no successful answer to the witness lately"
    silent_s = (now_ns - int(good["at_ns"].max())) / 1e9
    if silent_s > 0.5:  # noqa: PLR2004 - the witness asks fifty times a second
        return f"no successful answer to the witness for {silent_s:.1f} s"
    recent = answered[answered["at_ns"] > now_ns - 1_000_000_000]
    failed = int((recent["outcome"] != rows.OK).sum())
    return f"{len(recent) - failed} good answers in the last second, {failed} failed"
