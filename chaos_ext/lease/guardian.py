"""The guardian: a process of its own session that injects, holds and heals for one run.

It ends when the run does. The runner's end is seen by the end of the socket pair and by a
pidfd; then everything is healed and the servers the run started are ended. SIGTERM (from
`chaos heal` and `chaos abort`) does the same, and then ends the runner.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from collections import deque
from contextlib import suppress
from typing import Any

from chaos_ext import world
from chaos_ext.errors import NotAllowed, TargetGone
from chaos_ext.lease import identity, servers, sweep
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.keeper import Keeper
from chaos_ext.lease.ledger import Lease, Ledger, Server

MESSAGE_BYTES_MAX = 1 << 17
WATCH_EVERY_MS = 250
TELL_EVERY_S = 1.0  # that we are at work, while a fault takes long to show


class Guardian:
    """Serves one runner over *sock* until it ends."""

    def __init__(self, sock: socket.socket, run: str, runner: int) -> None:
        """Guard *run*, whose process is *runner*."""
        self._sock = sock
        self._run = run
        self._ledger = Ledger()
        self._runner = identity.of(runner)
        self._runner_fd = self._runner.open()
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = ""
        self._ending = False  # the run wants no more harm
        self._told_ns = 0  # when we last said that we are at work
        self._asked: deque[bytes] = deque()  # requests that were read and not yet answered
        self._keeper = Keeper(self._ledger, self._tell, self._urgent)
        self._poll = select.poll()
        for fd in (sock.fileno(), self._runner_fd, self._wake_r):
            self._poll.register(fd, select.POLLIN)

    def serve(self) -> int:
        """Guard until the runner says goodbye, dies, or somebody asks us to heal."""
        self._enlist()
        swept = sweep.sweep(self._ledger)
        self._send({"event": "ready", "healed": swept.healed, "left": swept.left})
        while not self._stopping:
            self._wait()
            if self._asked:
                self._receive(self._asked.popleft())
            self._keeper.expire()
            self._keeper.watch()
        left = self._finish()
        return 1 if left else 0

    def _enlist(self) -> None:
        me = identity.of(os.getpid())
        self._ledger.change(
            "insert or replace into guardians values (?,?,?,?)",
            self._run, me.pid, me.start, me.boot,
        )  # fmt: skip
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, self._asked_to_stop)

    def _asked_to_stop(self, signum: int, _frame: object) -> None:
        self._stopping = f"asked by {signal.Signals(signum).name}"

    def _wait(self) -> None:
        deadline = self._keeper.next_deadline_ns()
        timeout_ms = 0 if self._asked else WATCH_EVERY_MS
        if deadline is not None:
            until_ms = (deadline - world.boottime_ns()) // 1_000_000 + 1
            timeout_ms = max(0, min(timeout_ms, until_ms))
        ready = {fd for fd, _ in self._poll.poll(timeout_ms)}
        if self._wake_r in ready:
            with suppress(BlockingIOError):
                os.read(self._wake_r, 512)
        if self._sock.fileno() in ready:
            self._read()
        elif self._runner_fd in ready:
            self._stopping = "the runner died"

    def _read(self) -> None:
        """Take in all that was asked, so that a heal is seen behind whatever else waits."""
        data = b"first"
        while data:
            try:
                data = self._sock.recv(MESSAGE_BYTES_MAX, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._asked.append(data)
        self._stopping = self._stopping or "the runner died"

    def _urgent(self) -> str:
        """What must not wait for a fault to land; empty when there is nothing."""
        self._at_work()
        poll = select.poll()
        poll.register(self._runner_fd, select.POLLIN)
        poll.register(self._sock.fileno(), select.POLLIN)
        ready = {fd for fd, _ in poll.poll(0)}
        if self._sock.fileno() in ready:
            self._read()
        if self._runner_fd in ready:
            self._stopping = self._stopping or "the runner died"
        healing = any(json.loads(data)["op"] in ("heal", "goodbye") for data in self._asked)
        return self._stopping or ("the run is healing" if healing else "")

    def _at_work(self) -> None:
        """Say so from time to time: one who is silent for long is taken for dead."""
        now_ns = world.monotonic_ns()
        if now_ns - self._told_ns >= TELL_EVERY_S * 1e9:
            self._told_ns = now_ns
            with suppress(OSError):  # a runner that stands still must not stop us
                self._sock.send(b'{"event": "at_work"}', socket.MSG_DONTWAIT)

    def _receive(self, data: bytes) -> None:
        request = json.loads(data)
        try:
            answer = {"id": request["id"], "answer": self._answer(request)}
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the others stay guarded
            text = str(error) or type(error).__name__
            answer = {"id": request["id"], "error": type(error).__name__, "text": text}
        self._send(answer)

    def _answer(self, request: dict[str, Any]) -> Any:
        match request["op"]:
            case "inject":
                self._refuse_more_harm()
                who = Identity(**request["identity"])
                lease = Lease(**{**request["lease"], "identity": who})
                return self._keeper.inject(
                    lease, held_server=self._ours(lease.server), asked_ns=request["asked_ns"]
                )
            case "start":
                server = Server(identity=None, **request["server"])
                started = servers.start(self._ledger, server, held=True)
                assert started.identity
                return {"pid": started.identity.pid}
            case "heal":
                self._ending = self._ending or request.get("last", False)
                return self._keeper.heal_all(request["why"])
            case "end_lab":
                return sweep.end_lab(self._ledger, request["lab"], patience_s=3.0)
            case "goodbye":
                self._stopping = "the run ended"
                return None
        raise TypeError(f"unknown request {request['op']!r}")

    def _refuse_more_harm(self) -> None:
        why = "the run is ending" if self._ending else self._urgent()
        if why:
            raise NotAllowed(f"the fault was not begun: {why}")

    def _ours(self, server: str) -> bool:
        """Whether that server belongs to a lab which this run started."""
        lab = server.partition("/")[0]
        return bool(
            self._ledger.rows(
                "select 1 from labs where id = ? and owner = 'run' and used_by = ?",
                lab, self._run,
            )
        )  # fmt: skip

    def _finish(self) -> list[str]:
        labs = self._ledger.rows(
            "select id from labs where owner = 'run' and state = 'up' and used_by = ?",
            self._run,
        )
        dying = frozenset(s.key for row in labs for s in self._ledger.servers(row["id"]))
        left = self._keeper.heal_all(self._stopping, gone_with=dying)
        for row in labs:
            left += sweep.end_lab(self._ledger, row["id"], patience_s=0.0)
        self._ledger.change(
            "update labs set used_by = '' where owner = 'standing' and used_by = ?", self._run
        )
        self._ledger.change("delete from guardians where run = ?", self._run)
        if self._stopping.startswith("asked by"):
            self._send({"event": "stopped", "left": left})
            with suppress(TargetGone):
                self._runner.send(signal.SIGTERM)
        return left

    def _tell(self, lease: Lease, state: str, *, detail: str = "", early: bool = False) -> None:
        told: dict[str, Any] = {"lease": lease.id, "fault": lease.fault, "state": state}
        told |= {"target": lease.target, "node": lease.node, "detail": detail, "early": early}
        told |= {"mono_ns": world.monotonic_ns()}
        self._send({"event": "lease", **told})

    def _send(self, message: dict[str, Any]) -> None:
        with suppress(OSError):  # nobody listens any more; the ledger has it
            self._sock.send(json.dumps(message).encode())


def main(argv: list[str]) -> int:
    """`python -m chaos_ext.lease.guardian FD RUN RUNNER_PID`."""
    fd, run, runner = argv
    world.spare_from_oom_killer()
    sock = socket.socket(fileno=int(fd))
    return Guardian(sock, run, int(runner)).serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
