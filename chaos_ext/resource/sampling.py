"""The runner's end of the sampler: start it, hear what it tells, know that it lives, stop it."""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from chaos_ext import world

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

ROWS, LOG = "resources.bin", "sampler.log"


@dataclass(frozen=True, slots=True)
class Watch:
    """One server to look at.

    Its process is found, and found again, by its *key* in the ledger; that of a server of the
    user's own by *attach*, as others may start that again.
    """

    name: str
    system: str
    address: tuple[str, int]
    key: str = ""
    folder: str = ""  # where its data is; empty: where it works
    attach: Mapping[str, Any] = field(default_factory=dict)
    login: tuple[str, ...] = field(default=(), repr=False)

    def told(self) -> dict[str, Any]:
        """As the sampler is told."""
        return {
            "name": self.name,
            "system": self.system,
            "key": self.key,
            "address": list(self.address),
            "folder": self.folder,
            "attach": dict(self.attach),
            "login": list(self.login),
        }


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """Whom to look at, how often, and from where on to tell."""

    targets: Sequence[Watch]
    every_ms: float = 250
    limits: Mapping[str, float] = field(default_factory=dict)


class Sampler:
    """A running sampler; it ends with us, whatever becomes of us."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        log: Path,
        told: Callable[[dict[str, Any]], None],
    ) -> None:
        """Use `start`."""
        self._process, self._log, self._told = process, log, told
        self._summary: dict[str, Any] = {}
        self._ready, self._over = threading.Event(), threading.Event()
        self._hearing = threading.Thread(target=self._hear, daemon=True, name="sampler")
        self._hearing.start()

    @classmethod
    def start(
        cls,
        settings: SamplerSettings,
        folder: Path,
        told: Callable[[dict[str, Any]], None],
    ) -> Self:
        """Start it; *told* is called, by a thread, with each crossing, and with its end before time.

        Call it from the main thread: the kernel ends the sampler when this thread ends.
        """
        config = {
            "targets": [target.told() for target in settings.targets],
            "every_ms": settings.every_ms,
            "limits": dict(settings.limits),
            "out": str(folder / ROWS),
            "parent": os.getpid(),
        }
        log = folder / LOG
        argv = [sys.executable, "-m", f"{__package__}.sampler"]
        process = world.start_process(argv, pipes=True, log=log)
        sampler = cls(process, log, told)
        sampler._say(json.dumps(config).encode() + b"\n")  # no file: it may hold a password
        return sampler

    @property
    def pid(self) -> int:
        """The process of the sampler."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still looks."""
        return self._process.poll() is None

    def ready(self, timeout_s: float) -> bool:
        """Wait until it looks; False when it does not within *timeout_s*."""
        return self._ready.wait(timeout_s)

    def stop(self, timeout_s: float = 5) -> dict[str, Any]:
        """Have it end; how many rounds there were, or that it had died."""
        self._say(b"stop\n")
        if not self._over.wait(timeout_s):
            self._process.kill()
        self._hearing.join(timeout_s)
        return self._summary

    def _say(self, words: bytes) -> None:
        assert self._process.stdin
        with suppress(OSError, ValueError):  # it has ended; the one who hears knows
            self._process.stdin.write(words)
            self._process.stdin.flush()

    def _hear(self) -> None:
        """Pass on what it says until it ends; this thread alone sees that, and tells once."""
        assert self._process.stdout
        for line in self._process.stdout:
            said: dict[str, Any] = json.loads(line)
            if said.get("ready"):
                self._ready.set()
            elif said.get("stopped"):
                self._summary = said
            elif "crossing" in said:
                self._told({"event": "crossing", **said["crossing"]})
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()
        reason = self._last_words()
        if not reason:
            self._log.unlink(missing_ok=True)
        if not self._summary:
            self._summary = {"died": True, "exit": code, "reason": reason}
            self._told({"event": "died", "exit": code, "reason": reason})
        self._over.set()

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""
