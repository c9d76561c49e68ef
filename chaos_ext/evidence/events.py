"""What happened, one line an event, each line sealed to the one before it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import ReportsUnwritable, RunUnreadable, SealBroken
from chaos_ext.evidence.plain import json_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

BEGINNING = "0" * 64
_MOMENT = ("mono_ns", "event")
_log = logging.getLogger("chaos_ext")


class EventLog:
    """Appends events; may be called from any thread, and from a signal handler inside a call."""

    def __init__(self, path: Path, redact: Callable[[Any], Any] | None = None) -> None:
        """Append to *path* (an existing chain goes on); *redact* takes secrets out of fields."""
        self._path = path
        self._redact = redact
        self._lock = threading.RLock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._draining = False
        self._tail: tuple[int, str] | None = None  # None: look it up in the file
        try:
            self._fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise ReportsUnwritable(
                f"{path}: events cannot be kept ({problem.strerror}); choose another folder"
            ) from problem

    def add(self, event: str, **fields: Any) -> None:
        """Append one line; it is with the kernel when this returns.

        Called by a signal handler that interrupted this very function, the line is written
        as soon as the interrupted call goes on or is left: two lines are never interleaved.
        """
        if self._fd < 0:
            return
        plain = json_safe(fields)
        line = {"t": world.utc_text(), "mono_ns": world.monotonic_ns(), "event": event}
        self._waiting.append(line | (self._redact(plain) if self._redact else plain))
        with self._lock:
            if self._draining:
                return
            self._draining = True
            try:
                self._drain()
            finally:  # an exception raised by a signal handler must not lose what waits
                try:
                    self._drain()
                finally:
                    self._draining = False

    def close(self) -> None:
        """Have the disk keep it, and close the file; what is told later comes too late."""
        with self._lock:
            if self._fd >= 0:
                os.fsync(self._fd)
                os.close(self._fd)
            self._fd = -1  # its number will be another file's

    def _drain(self) -> None:
        # A signal handler may raise between any two lines here; whatever is left then must
        # still tell the truth: the tail is forgotten before a write and known only after it.
        while self._waiting:
            if self._tail is None:
                self._look_up_tail()
                continue
            (number, before), self._tail = self._tail, None
            line, digest = _sealed({"seq": number, **self._waiting[0], "prev": before})
            self._write(line)
            self._waiting.popleft()
            self._tail = (number + 1, digest)

    def _write(self, line: bytes) -> None:
        try:
            if os.write(self._fd, line) == len(line):
                return
            reason = "the disk is full"
        except OSError as problem:
            reason = str(problem.strerror)
        self._waiting.clear()
        raise ReportsUnwritable(
            f"{self._path}: events cannot be kept ({reason}); free the disk"
        )

    def _look_up_tail(self) -> None:
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.ftruncate(self._fd, len(whole))
        lines = whole.splitlines()
        last: dict[str, Any] = {"seq": -1, "hash": BEGINNING}
        if lines:
            last = json.loads(lines[-1])
        if self._waiting and all(last.get(key) == self._waiting[0][key] for key in _MOMENT):
            self._waiting.popleft()  # it was written, and we were interrupted right after
        self._tail = (last["seq"] + 1, last["hash"])


def read(path: Path) -> list[dict[str, Any]]:
    """All events of *path*; a torn last line is cut off, and a warning tells so."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise RunUnreadable(f"{path}: cannot be read ({problem.strerror})") from problem
    if lines.pop():
        _log.warning("%s: the last line is torn and was left out", path)
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            event = json.loads(line)
            _ = event["event"], event["mono_ns"]  # every reader relies on these two
        except (ValueError, KeyError, TypeError) as problem:
            raise SealBroken(
                f"{path}: line {number} is not an event; restore the file"
            ) from problem
        events.append(event)
    return events


def verify(events: Iterable[dict[str, Any]]) -> str:
    """Where the chain of *events* breaks, as a sentence; empty when it does not."""
    before = BEGINNING
    for number, event in enumerate(events):
        if event.get("seq") != number:
            return f"event {number}: the number is {event.get('seq')}"
        if event.get("prev") != before:
            return f"event {number}: does not follow the one before it"
        claimed = event.get("hash")
        before = _digest({key: value for key, value in event.items() if key != "hash"})
        if claimed != before:
            return f"event {number}: was changed"
    return ""


def _digest(event: dict[str, Any]) -> str:
    return hashlib.sha256(_text(event).encode("ascii")).hexdigest()


def _text(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"), allow_nan=False)


def _sealed(event: dict[str, Any]) -> tuple[bytes, str]:
    digest = _digest(event)
    return (_text(event | {"hash": digest}) + "\n").encode("ascii"), digest
