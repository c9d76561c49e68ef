"""The hogs of one lease: started, asked, and seen to be gone, also by somebody who did not start them."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from chaos_ext import world
from chaos_ext.errors import TargetGone
from chaos_ext.lease import identity

MODULE = "chaos_ext.resource.hog"
CONNECTIONS = "chaos_ext.resource.connection_hog"
_SAID_BYTES_MAX = 4096


class Hog:
    """One that we have started; the kernel ends it with us."""

    def __init__(self, lease_id: str, *words: object, module: str = MODULE) -> None:
        """Start it; it takes nothing before it is told to `go`. From the main thread only."""
        argv = [sys.executable, "-m", module, lease_id, *map(str, words)]
        # in a session of its own: where the kernel is fair among sessions, each hog counts
        self._process = world.start_process(
            argv, dies_with_us=True, pipes=True, new_session=True
        )
        assert self._process.stdin  # it has pipes
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._unread = b""
        self._ready = False
        self.pid = self._process.pid

    def ready(self) -> bool:
        """Whether it waits to be told to begin."""
        self._ready = self._ready or self.said() is not None
        return self._ready

    def said(self) -> dict[str, Any] | None:
        """What it said next, if anything."""
        with suppress(BlockingIOError):
            self._unread += os.read(self._output.fileno(), _SAID_BYTES_MAX)
        line, end, rest = self._unread.partition(b"\n")
        if not end:
            return None
        self._unread = rest
        return dict(json.loads(line))

    def go(self, words: str = "go") -> None:
        """Let it begin; or tell it more."""
        with suppress(BrokenPipeError):  # it has ended, which is seen by whoever looks
            os.write(self._input.fileno(), words.encode() + b"\n")

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._process.poll()

    def end(self) -> None:
        """End it now; what it took is free when this returns."""
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


def left(lease_id: str) -> list[int]:
    """The hogs of that lease which run, whoever started them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if _is_ours(words, lease_id.encode()):
                    found.append(int(entry.name))
    return found


def _is_ours(words: list[bytes], lease_id: bytes) -> bool:
    modules = (MODULE.encode(), CONNECTIONS.encode())
    return len(words) > 3 and words[2] in modules and words[3] == lease_id  # noqa: PLR2004 - its argv


def end_left(lease_id: str) -> None:
    """End them, each by its identity."""
    for pid in left(lease_id):
        with suppress(TargetGone):
            who = identity.of(pid)
            if pid in left(lease_id):  # it may be another's number by now
                who.send(signal.SIGKILL)
