"""The runner's end of the witness: start it, know that it lives, stop it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from chaos_ext import world
from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.experiment.settings import watch_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROWS, LOG = "canary.bin", "canary.log"
STAYING_ROWS, STAYING_LOG = "canary-stays.bin", "canary-stays.log"
_NS_PER_S = 1_000_000_000
_SLOWEST_PACE_MS, _FASTEST_PACE_MS = 10_000, 2


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """What to watch, how often, and how long an answer may take.

    With *stays_with*, the name that was resolved to *target*, the files and the keys are others,
    so that it can watch beside a witness that follows the service.
    """

    system: str
    run: str
    target: Mapping[str, Any] = field(repr=False)  # it may hold a password
    pace_ms: float = 20
    deadline_ms: float = 500
    timeout_s: float = 10
    stays_with: str = ""

    def __post_init__(self) -> None:
        """Refuse a pace that nobody can keep and a deadline that nobody can meet."""
        if not _FASTEST_PACE_MS <= self.pace_ms <= _SLOWEST_PACE_MS:
            raise BadArgument(
                f"pace_ms is {self.pace_ms}: use {_FASTEST_PACE_MS} to {_SLOWEST_PACE_MS}"
            )
        if self.deadline_ms <= 0:
            raise BadArgument(f"deadline_ms is {self.deadline_ms}: use more than 0")

    @property
    def name(self) -> str:
        """`redis`, or `redis@redis-primary`."""
        return watch_name(self.system, self.stays_with)

    @property
    def keys_of(self) -> str:
        """Whose keys it writes: those of the run, or of a name beside it."""
        return f"{self.run}-stays" if self.stays_with else self.run

    @property
    def rows(self) -> str:
        """The file of its rows."""
        return STAYING_ROWS if self.stays_with else ROWS

    @property
    def log(self) -> str:
        """The file of what it could not say otherwise."""
        return STAYING_LOG if self.stays_with else LOG

    def told(self) -> dict[str, str]:
        """Who it is, as events tell it."""
        if not self.stays_with:
            return {"system": self.system}
        node = str(self.target.get("node", ""))
        return {"system": self.system, "stays_with": self.stays_with, "node": node}


class Witness:
    """A running witness; it ends with us, whatever becomes of us."""

    def __init__(
        self, process: subprocess.Popen[bytes], log: Path, settings: WitnessSettings
    ) -> None:
        """Use `start`."""
        self.settings = settings
        self._process = process
        self._log = log
        self._unread = b""
        self._summary: dict[str, Any] | None = None

    @classmethod
    def start(cls, config: WitnessSettings, folder: Path) -> Self:
        """Start it and wait for its first successful write.

        Call it from the main thread: the kernel ends the witness when this thread ends.
        """
        log = folder / config.log
        with _in_memory(_as_json(config, folder)) as given:
            process = world.start_process(
                [
                    sys.executable,
                    "-m",
                    f"{__package__}.process",
                    f"/proc/self/fd/{given.fileno()}",
                ],
                pipes=True,
                log=log,
                keep_fds=[given.fileno()],
            )
            witness = cls(process, log, config)
            try:
                witness._wait_until_ready(config)
            except BaseException:
                witness.stop(timeout_s=0)
                raise
        return witness

    @property
    def pid(self) -> int:
        """The process of the witness."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still watches."""
        return self._process.poll() is None

    def stop(self, timeout_s: float = 5) -> dict[str, Any]:
        """Let it finish what is outstanding; how it kept pace, or that it had died."""
        if self._summary is None:
            self._summary = self._stop(timeout_s)
        return self._summary

    def _stop(self, timeout_s: float) -> dict[str, Any]:
        if self.alive():
            with suppress(OSError):
                os.write(self._stdin, b"stop\n")
        until_ns = world.monotonic_ns() + int(timeout_s * _NS_PER_S)
        summary: dict[str, Any] | None = {}
        while summary is not None and not summary.get("stopped"):
            summary = self._next_line(until_ns)
        if summary is None:
            self._process.kill()
        else:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
        return self._tidy_up(summary)

    def _tidy_up(self, summary: dict[str, Any] | None) -> dict[str, Any]:
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        reason = self._last_words()
        if not reason:
            self._log.unlink(missing_ok=True)
        return summary or {"died": True, "exit": code, "reason": reason}

    def _wait_until_ready(self, config: WitnessSettings) -> None:
        until_ns = world.monotonic_ns() + int(config.timeout_s * _NS_PER_S)
        trouble = "it said nothing"
        while (said := self._next_line(until_ns)) is not None:
            if said.get("ready"):
                return
            trouble = said.get("waiting", trouble)
        if not self.alive():
            trouble = self._last_words() or trouble
        raise TargetUnreachable(
            f"the witness could not write to {config.name} within {config.timeout_s:g} s "
            f"({trouble}): is it up, and is its address right?"
        )

    def _next_line(self, until_ns: int) -> dict[str, Any] | None:
        """What it says next; None when it has ended or *until_ns* has passed."""
        while b"\n" not in self._unread:
            left_s = max(0, until_ns - world.monotonic_ns()) / _NS_PER_S
            if not select.select([self._stdout], [], [], left_s)[0]:
                return None
            more = os.read(self._stdout, 4096)
            if not more:
                return None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    @property
    def _stdin(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    @property
    def _stdout(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()


def _as_json(config: WitnessSettings, folder: Path) -> bytes:
    return json.dumps(
        {
            "system": config.system,
            "run": config.keys_of,
            "target": dict(config.target),
            "pace_ms": config.pace_ms,
            "deadline_ms": config.deadline_ms,
            "stays": bool(config.stays_with),
            "out": str(folder / config.rows),
            "parent": os.getpid(),
        }
    ).encode()


def _in_memory(content: bytes) -> Any:
    """A file that is on no disk: a password in it outlives nobody and is in no evidence."""
    memory = os.fdopen(os.memfd_create("witness"), "wb", buffering=0)
    memory.write(content)
    return memory
