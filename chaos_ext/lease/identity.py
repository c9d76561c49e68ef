"""Who a process is: pid, start time and boot, so that a pid used again is somebody else."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chaos_ext import world
from chaos_ext.errors import TargetGone

_STATE, _START = 0, 19  # fields of /proc/<pid>/stat after the name


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of one boot."""

    pid: int
    start: int
    boot: str

    def same(self) -> bool:
        """Whether that very process still runs; a zombie does not."""
        stat = _stat(self.pid)
        return (
            bool(stat)
            and self.boot == world.boot_id()
            and int(stat[_START]) == self.start
            and stat[_STATE] not in "ZX"
        )

    def open(self) -> int:
        """A pidfd of that very process.

        The identity is read again after opening: what the descriptor holds cannot change.
        """
        try:
            fd = os.pidfd_open(self.pid)
        except OSError as error:
            raise TargetGone(f"process {self.pid} is gone") from error
        if not self.same():
            os.close(fd)
            raise TargetGone(f"process {self.pid} is gone; its number is another's now")
        return fd

    def send(self, signum: signal.Signals) -> None:
        """Signal that very process and no other."""
        fd = self.open()
        try:
            signal.pidfd_send_signal(fd, signum)
        except ProcessLookupError as error:
            raise TargetGone(f"process {self.pid} ended before {signum.name}") from error
        finally:
            os.close(fd)

    def wait(self, timeout_s: float) -> bool:
        """Wait until that process has ended; tell whether it has."""
        try:
            fd = self.open()
        except TargetGone:
            return True
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            return bool(poll.poll(timeout_s * 1000))
        finally:
            os.close(fd)

    def states(self) -> str:
        """The state letter of every thread, such as `SSS`, or `ttt` under a tracer."""
        letters = []
        with suppress(OSError):
            for thread in Path(f"/proc/{self.pid}/task").iterdir():
                stat = _stat(self.pid, int(thread.name))
                letters.append(stat[_STATE] if stat else "")
        return "".join(letters)


def of(pid: int) -> Identity:
    """The identity of a running process."""
    stat = _stat(pid)
    if not stat or stat[_STATE] in "ZX":
        raise TargetGone(f"process {pid} is not running")
    return Identity(pid, int(stat[_START]), world.boot_id())


def _stat(pid: int, thread: int | None = None) -> list[str]:
    path = f"/proc/{pid}/stat" if thread is None else f"/proc/{pid}/task/{thread}/stat"
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
