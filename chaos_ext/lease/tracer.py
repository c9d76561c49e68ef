"""Hold a process still by ptrace: the kernel lets go when the holder dies, however it dies.

All calls must come from one thread, so a `Tracer` is a thread. A stopped thread cannot start
another, so listing and stopping until nothing new appears stops the whole process.
"""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path

from chaos_ext import world

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000
STOP_S_MAX = 2.0
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Tracer:
    """One process held still, until `release` or until this process ends."""

    def __init__(self, pid: int) -> None:
        """Stop all threads of *pid*; PermissionError or another OSError when not allowed."""
        self.pid = pid
        self._threads: set[int] = set()
        self._error: OSError | None = None
        self._stopped = threading.Event()
        self._let_go = threading.Event()
        self._holder = threading.Thread(target=self._hold, daemon=True, name=f"hold-{pid}")
        self._holder.start()
        self._stopped.wait(STOP_S_MAX + 1)
        error = self._failure()
        if error:
            self._holder.join()
            raise error

    def release(self) -> None:
        """Let the process run again."""
        self._let_go.set()
        self._holder.join(STOP_S_MAX)

    def _failure(self) -> OSError | None:
        return self._error

    def _hold(self) -> None:
        try:
            self._stop_all()
        except OSError as error:
            self._error = error
        self._stopped.set()
        if self._error is None:
            self._let_go.wait()
        for thread in self._threads:
            _libc.ptrace(_DETACH, thread, None, None)  # a dead one needs no letting go

    def _stop_all(self) -> None:
        while new := self._listed() - self._threads:
            for thread in new:
                _ask(_SEIZE, thread)
                self._threads.add(thread)
                _ask(_INTERRUPT, thread)
            for thread in new:
                _await_stop(thread)

    def _listed(self) -> set[int]:
        return {int(entry.name) for entry in Path(f"/proc/{self.pid}/task").iterdir()}


def _ask(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _await_stop(thread: int) -> None:
    def stopped() -> bool:
        return os.waitpid(thread, os.WNOHANG | _WALL)[0] == thread

    if not world.wait_until(stopped, STOP_S_MAX, every_s=0.0002):
        raise TimeoutError(f"thread {thread} did not stop within {STOP_S_MAX} s")
