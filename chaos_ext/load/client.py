"""The load as the runner sees it: a process that is started, sent off, stopped and counted."""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.load.plan import LoadSettings, Users, plan_users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NS_PER_S = 1_000_000_000
STARTS_WITHIN_S = 2.0
ENDS_WITHIN_S = 1.0


def users_for(
    system: str, target: Mapping[str, Any], rate_per_s: float, deadline_s: float
) -> Users:
    """How many users the load gets here: asks the server and this process what is free."""
    face = importlib.import_module(f"chaos_ext.{system}.load")
    open_files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if open_files_max == resource.RLIM_INFINITY:
        open_files_max = sys.maxsize
    free = face.free_connections(target, deadline_s)
    return plan_users(rate_per_s, deadline_s, free, open_files_max)


class Load:
    """One load process; whatever happens to it, `stop` leaves none behind."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        """Hold *process*, which `start` made."""
        self._process = process
        self._config, self._log = folder / "load.json", folder / "load.log"
        self._rest = b""
        self._summary: dict[str, Any] | None = None
        self.waiting_for = ""  # why it is not ready yet, as far as it said

    @classmethod
    def start(cls, settings: LoadSettings, folder: Path) -> Load:
        """Start the process; it imports, reaches for the target, and sends nothing yet.

        Must be called from the main thread: the kernel ends the process with that thread.
        """
        config = asdict(settings) | {"out": str(folder / "load.bin"), "parent": os.getpid()}
        path = folder / "load.json"
        path.touch(mode=0o600)  # a target may hold a password; removed once it was read
        path.write_text(json.dumps(config), encoding="utf-8")
        argv = (sys.executable, "-m", "chaos_ext.load.generator", path)
        log = folder / "load.log"
        return cls(world.start_process(argv, log=log, dies_with_us=True, pipes=True), folder)

    @property
    def pid(self) -> int:
        """Which process it is."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ready(self, timeout_s: float) -> bool:
        """Wait until it reached the target; False when it is dead or *timeout_s* have passed."""
        is_ready = self._heard("ready", timeout_s) is not None
        self._config.unlink(missing_ok=True)
        return is_ready

    def go(self) -> int | None:
        """Begin the schedule; tell when it began, None when the process did not answer."""
        self._tell("go")
        started = self._heard("started", STARTS_WITHIN_S)
        return None if started is None else int(started["t0_ns"])

    def stop(self, timeout_s: float) -> dict[str, Any]:
        """End the schedule and the process; what became of the arrivals, or that it died."""
        if self._summary is None:
            self._summary = self._stop(timeout_s)
        return self._summary

    def _stop(self, timeout_s: float) -> dict[str, Any]:
        self._tell("stop")
        summary = self._heard("stopped", timeout_s)
        self._end()
        self._config.unlink(missing_ok=True)
        if summary is None:
            return {"died": True, "exit": self._process.returncode}
        if not self._log.stat().st_size:  # nothing was complained of
            self._log.unlink()
        return summary

    def _tell(self, word: str) -> None:
        stdin = self._process.stdin
        assert stdin
        with suppress(BrokenPipeError, ValueError):  # dead, or stopped before
            stdin.write(word.encode() + b"\n")
            stdin.flush()

    def _heard(self, name: str, timeout_s: float) -> dict[str, Any] | None:
        """The next line in which *name* is true; None when the process falls silent."""
        until_ns = world.monotonic_ns() + int(timeout_s * NS_PER_S)
        while (line := self._line(until_ns)) is not None:
            words: dict[str, Any] = json.loads(line)
            self.waiting_for = words.get("waiting", self.waiting_for)
            if words.get(name):
                return words
        return None

    def _line(self, until_ns: int) -> bytes | None:
        stdout = self._process.stdout
        assert stdout
        while b"\n" not in self._rest:
            left_s = (until_ns - world.monotonic_ns()) / NS_PER_S
            if stdout.closed or not select.select([stdout], [], [], max(0.0, left_s))[0]:
                return None
            piece = os.read(stdout.fileno(), 4096)
            if not piece:
                return None
            self._rest += piece
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    def _end(self) -> None:
        """See the process end by itself, or end it."""
        for means in (None, self._process.terminate, self._process.kill):
            if means:
                means()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(ENDS_WITHIN_S)
                break
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):  # a word that nobody read
                    pipe.close()
