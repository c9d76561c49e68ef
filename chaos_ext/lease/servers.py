"""Start, find and end the servers that the ledger knows."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import CannotStartAgain, TargetGone
from chaos_ext.lease import identity, sockets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.lease.identity import Identity
    from chaos_ext.lease.ledger import Ledger, Server

# A server waits until its identity is in the ledger, and ends if nobody is left to write it: none
# ever runs that healing would not know of. Pid and start time stay as they are through `exec`.
_WHEN_TOLD = ("/bin/sh", "-c", 'read -r go && exec "$@" </dev/null', "sh")
STOP_S_MAX = 5.0  # between asking a server to end and ending it


def start(ledger: Ledger, server: Server, *, held: bool) -> Server:
    """Start *server* unless it runs; *held*: the kernel ends it when this process ends.

    Must be called from the main thread when *held*: the kernel watches the starting thread.
    """
    if server.identity and server.identity.same():
        return server
    _refuse_unstartable(server)
    spec = server.spec
    here, there = os.pipe()
    process = world.start_process(
        [*_WHEN_TOLD, *spec["argv"]],
        cwd=Path(spec["cwd"]) if spec.get("cwd") else None,
        env={**os.environ, **spec.get("env", {})},
        log=Path(spec["log"]) if spec.get("log") else None,
        new_session=True,
        dies_with_us=held,
        stdin=here,
    )
    os.close(here)
    process.returncode = 0  # it is watched by pidfd and reaped by `reap`, not by Popen
    with os.fdopen(there, "wb") as tell:
        started = replace(server, identity=identity.of(process.pid))
        ledger.put_server(started)
        tell.write(b"go\n")
    return started


def _refuse_unstartable(server: Server) -> None:
    program = str(server.spec["argv"][0])
    place = Path(server.spec.get("cwd") or ".")
    if not shutil.which(str(place / program) if "/" in program else program):
        raise CannotStartAgain(f"{server.node}: {program} cannot be run: is it installed?")


def serving(server: Server) -> bool:
    """Whether its own process runs, holds its address, and answers where we know a question."""
    if server.identity is None or not server.identity.same():
        return False
    if "listen" not in server.spec:
        return True
    host, port = server.spec["listen"]
    if not sockets.holds(server.identity.pid, host, port):
        return False
    alive = server.spec.get("alive")
    return (not alive or sockets.answers(host, port, alive)) and server.identity.same()


def runs(server: Server) -> bool:
    """Whether the process that it is runs, whatever it does."""
    return server.identity is not None and server.identity.same()


def why_ended(server: Server) -> str:
    """What is known of a server that ended right after it was started."""
    pid = server.identity.pid if server.identity else 0
    what = f"{server.node} (pid {pid}) has ended again"
    listen = server.spec.get("listen")
    if not listen:
        return f"{what}; what starts it must keep it in the foreground"
    taken = f"somebody else listens at {listen[0]}:{listen[1]}"
    return f"{what}; {taken if sockets.accepts(*listen) else 'see its log'}"


def first_ended(fleet: Sequence[Server]) -> str:
    """The name of a server that does not run; empty when all do."""
    return next((server.node for server in fleet if not runs(server)), "")


def replaced(server: Server, before: Identity) -> bool:
    """Whether a process other than *before* serves at the server's address."""
    listen = server.spec.get("listen")
    if server.identity and server.identity != before and server.identity.same():
        return True
    if not listen or before.same():
        return False
    return sockets.accepts(*listen)


def stop(
    fleet: Sequence[Server],
    *,
    patience_s: float = STOP_S_MAX,
    signum: signal.Signals = signal.SIGTERM,
) -> list[str]:
    """End *fleet*: ask by *signum*, wait *patience_s*, then SIGKILL; what is left, in words."""
    running = [server for server in fleet if runs(server)]
    for server in running if patience_s else ():
        _send(server, signal.SIGCONT)
        _send(server, signum)
    deadline = world.monotonic_ns() + int(patience_s * 1e9)
    for server in running:
        left_s = max(0.0, (deadline - world.monotonic_ns()) / 1e9)
        if not (server.identity and server.identity.wait(left_s)):
            _send(server, signal.SIGKILL)
    gone = [server for server in running if server.identity and server.identity.wait(2.0)]
    reap(running)
    return [f"{s.node} (pid {s.identity.pid})" for s in running if s not in gone and s.identity]


def reap(fleet: Sequence[Server]) -> None:
    """Take the exit status of those that were our children; a stop under a tracer is not one."""
    for server in fleet:
        with suppress(ChildProcessError):
            if server.identity:
                os.waitid(os.P_PID, server.identity.pid, os.WEXITED | os.WNOHANG)


def _send(server: Server, signum: signal.Signals) -> None:
    with suppress(TargetGone):
        if server.identity:
            server.identity.send(signum)
