"""The runner's side of the guardian: ask, be told, and see at once when it is gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chaos_ext import errors, world
from chaos_ext.errors import ChaosExtError, GuardianGone, TargetGone
from chaos_ext.lease import identity
from chaos_ext.lease.fault import HEAL_S_MAX
from chaos_ext.lease.guardian import MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaos_ext.lease.ledger import Lease

START_S_MAX = 20.0
ANSWER_S_MAX = 30.0
HEAL_ANSWER_S_MAX = HEAL_S_MAX + 5  # a proxy that stands still takes its time with each lease
END_S_MAX = 5.0


class Guarded:
    """The guardian of this run, seen from the runner."""

    def __init__(self, run: str, told: Callable[[dict[str, Any]], None], log: Path) -> None:
        """Start it and wait until it has swept; *told* hears of leases and of its end."""
        self._told = told
        self._lock = threading.Lock()
        self._answers: dict[int, dict[str, Any]] = {}
        self._waiting: dict[int, threading.Event] = {}
        self._count = 0
        self._heard_ns = 0  # when it last said anything
        self._ready = threading.Event()
        self.gone = threading.Event()
        self.swept: dict[str, Any] = {}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._sock = ours
        module = [sys.executable, "-m", "chaos_ext.lease.guardian"]
        with theirs:
            self._process = world.start_process(
                [*module, str(theirs.fileno()), run, str(os.getpid())],
                new_session=True, log=log, keep_fds=[theirs.fileno()],
            )  # fmt: skip
        self.pid = self._process.pid
        self._who = identity.of(self.pid)
        threading.Thread(target=self._listen, daemon=True, name="guardian").start()
        if not self._ready.wait(START_S_MAX) or self.gone.is_set():
            self._end()
            raise GuardianGone(f"the guardian did not start; see {log}")

    def inject(self, lease: Lease) -> dict[str, Any]:
        """Put a fault in place; what was measured of its effect."""
        plain = asdict(lease)
        who = plain.pop("identity")
        request = {"op": "inject", "lease": plain, "identity": who}
        return dict(self._ask({**request, "asked_ns": world.boottime_ns()}, ANSWER_S_MAX))

    def start(self, server: dict[str, Any]) -> int:
        """Start a server that ends with the guardian; its pid."""
        return int(self._ask({"op": "start", "server": server})["pid"])

    def heal(self, why: str, *, last: bool = False) -> list[str]:
        """Heal every lease of this run; what is left, in words. After the *last* no harm is done."""
        request = {"op": "heal", "why": why, "last": last}
        return list(self._ask(request, HEAL_ANSWER_S_MAX))

    def end_lab(self, lab: str) -> list[str]:
        """End a lab that this run started; what is left, in words."""
        return list(self._ask({"op": "end_lab", "lab": lab}))

    def goodbye(self) -> bool:
        """The run is over: the guardian heals what is left and ends.

        One that does not is ended, so that a sweep can heal; tells whether it ended by itself.
        """
        by_itself = False
        with suppress(ChaosExtError, subprocess.TimeoutExpired):
            self._ask({"op": "goodbye"}, HEAL_ANSWER_S_MAX)
            self._process.wait(HEAL_ANSWER_S_MAX)
            by_itself = True
        self._end()
        self._sock.close()
        return by_itself

    def heal_now(self, why: str, within_s: float) -> bool:
        """Heal from a signal handler: takes no lock that the interrupted code may hold."""
        number, answered = -world.monotonic_ns(), threading.Event()
        self._waiting[number] = answered
        message = {"op": "heal", "why": why, "last": True, "id": number}
        try:
            self._sock.send(json.dumps(message).encode())
        except OSError:
            return False
        return answered.wait(within_s) and self._answers.pop(number, {}).get("answer") == []

    def _end(self) -> None:
        """See it gone: by its identity, and the kernel frees what it holds."""
        with suppress(TargetGone):
            self._who.send(signal.SIGKILL)
        self.gone.wait(END_S_MAX)

    def _ask(self, request: dict[str, Any], within_s: float = ANSWER_S_MAX) -> Any:
        with self._lock:
            self._count += 1
            number = self._count
        answered = self._waiting[number] = threading.Event()
        try:
            if self.gone.is_set():
                raise OSError  # noqa: TRY301
            self._sock.send(json.dumps({**request, "id": number}).encode())
        except OSError as error:
            raise GuardianGone("the guardian has ended; run: chaos heal") from error
        while not answered.wait(within_s):
            if world.monotonic_ns() - self._heard_ns < within_s * 1e9:
                continue  # it is at work
            self._waiting.pop(number, None)
            self._end()
            raise GuardianGone(
                f"the guardian gave no answer within {within_s:g} s and was ended; run: chaos heal"
            )
        answer = self._answers.pop(number, None)
        if answer is None:
            raise GuardianGone("the guardian ended before it answered; run: chaos heal")
        if "error" in answer:
            raise _as_raised(answer)
        return answer["answer"]

    def _listen(self) -> None:
        while message := self._receive():
            self._heard_ns = world.monotonic_ns()
            if "id" in message:
                self._answers[message["id"]] = message
                self._waiting.pop(message["id"], threading.Event()).set()
            elif message["event"] == "ready":
                self.swept = message
                self._ready.set()
            elif message["event"] != "at_work":
                self._told(message)
        with suppress(subprocess.TimeoutExpired):  # its socket ends before it does, and a
            self._process.wait(END_S_MAX)  # sweep leaves alone whatever a living guardian holds
        self.gone.set()
        self._ready.set()
        for waiting in list(self._waiting.values()):
            waiting.set()
        self._told({"event": "gone"})

    def _receive(self) -> dict[str, Any] | None:
        try:
            data = self._sock.recv(MESSAGE_BYTES_MAX)
        except OSError:
            return None
        return dict(json.loads(data)) if data else None


def _as_raised(answer: dict[str, Any]) -> Exception:
    kind = getattr(errors, answer["error"], None)
    if isinstance(kind, type) and issubclass(kind, ChaosExtError):
        return kind(answer["text"])
    return ChaosExtError(f"{answer['error']}: {answer['text']}")
