"""What a fault is done to: one process, and the server it is, which we can start again."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import CannotStartAgain, HealFailed, NotAllowed, TargetGone
from chaos_ext.lease import servers
from chaos_ext.lease.identity import Identity

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Lease, Ledger, Server

SETTLED_S = 0.1  # between two looks: a server that cannot read its data ends soon
BESIDE_S_MAX = 5.0  # half of what healing may take
STOP_S_MAX = 3.0  # one that is stopped for good may say goodbye
END_S_MAX = 0.5  # a primary waits for its replicas; healing must not wait for long


class Target:
    """The process of a lease; holds a pidfd of it from the first moment on."""

    def __init__(self, ledger: Ledger, lease: Lease, *, held: bool = False) -> None:
        """*held* servers are started again as children that end with this process."""
        self.name = lease.target
        self.node = lease.node
        self.identity: Identity = lease.identity
        self.lease_id = lease.id
        self._lease = lease
        self._ledger = ledger
        self._server = lease.server
        self._held = held
        self._fd: int | None = None
        with suppress(TargetGone):
            self._fd = self.identity.open() if self.identity.pid else None

    @property
    def deadline_ns(self) -> int:
        """When the lease ends, on the boot-time clock."""
        return self._lease.deadline_ns

    def put_off(self, lease: Lease, late_ns: int) -> Lease:
        """*lease* with a deadline that much later: waiting and making ready were not yet the fault."""
        self._lease = replace(lease, deadline_ns=lease.deadline_ns + late_ns)
        return self._lease

    def close(self) -> None:
        """Let go of the pidfd."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def send(self, signum: signal.Signals) -> None:
        """Signal the process, and no other."""
        if self._fd is None:
            raise TargetGone(f"{self.node} (pid {self.identity.pid}) is dead already")
        try:
            signal.pidfd_send_signal(self._fd, signum)
        except ProcessLookupError as error:
            raise TargetGone(f"{self.node} (pid {self.identity.pid}) just ended") from error

    def end(self, signum: signal.Signals) -> None:
        """Have it ended for certain: what was asked to end serves on for a while.

        A server of a lab is ours to kill when that takes too long; a user's own is not.
        """
        signals = {signum: END_S_MAX, signal.SIGKILL: 1.0} if self._ours() else {signum: 10.0}
        for each, patience_s in signals.items():
            with suppress(TargetGone):
                self.send(each)
            if self._ends_within(patience_s):
                return
        raise HealFailed(
            f"{self.node} (pid {self.identity.pid}) was asked to end, and does not"
        )

    def _ours(self) -> bool:
        server = self._ledger.server(self._server)
        lab = server.lab if server else ""
        return bool(self._ledger.rows("select 1 from labs where id = ?", lab))

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._ends_within(0.0)

    def _ends_within(self, seconds: float) -> bool:
        if self._fd is None:  # one that is elsewhere has no process here
            return bool(self.identity.pid) and not self.identity.same()
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def states(self) -> str:
        """The state letters of the process's threads."""
        return self.identity.states()

    def serving(self) -> bool:
        """Whether the server that this is runs (as whatever process) and serves."""
        server = self._ledger.server(self._server)
        return server is not None and servers.serving(server)

    def settled(self) -> bool:
        """Whether it serves, and still does a moment later; HealFailed when it has ended."""
        server = self._ledger.server(self._server)
        if server is None or not _serving(server):
            return False
        world.sleep(SETTLED_S)
        return _serving(server)

    def replaced(self) -> bool:
        """Whether the server runs as another process than the one the fault was done to."""
        server = self._ledger.server(self._server)
        return server is not None and servers.replaced(server, self.identity)

    def stop(self, signum: signal.Signals, patience_s: float = STOP_S_MAX) -> None:
        """Have the server end, whatever process it is by now: healing must have its files alone."""
        server = self._ledger.server(self._server)
        left = servers.stop([server], signum=signum, patience_s=patience_s) if server else []
        if left:
            raise HealFailed(f"{left[0]} was killed, and does not end")

    def runs(self) -> bool:
        """Whether the server runs, as whatever process, and whatever it does."""
        server = self._ledger.server(self._server)
        return server is not None and servers.runs(server)

    def can_start(self) -> bool:
        """Whether anybody told how to start it again."""
        server = self._ledger.server(self._server)
        return server is not None and bool(server.spec.get("argv"))

    def alone(self) -> bool:
        """Whether no other fault has this server in hand: one that killed it wants it dead."""
        return not any(each.server == self._server for each in self._others())

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds*, by its dotted path, has this server in hand.

        What that one has done would be taken for what was there before, and be put back at the end;
        or what it has taken would come back with it, and this one would have no effect any more.
        """
        met = next(
            (e for e in self._others() if self._is_mine(e) and e.fault.startswith(kinds)), None
        )
        if met:
            raise NotAllowed(
                f"{fault}: {met.fault.removeprefix('chaos_ext.')} has {self.node} in hand already, "
                "and its harm would be taken for what was before; let that fault end first"
            )

    def _others(self) -> list[Lease]:
        return [each for each in self._ledger.leases() if each.id != self.lease_id]

    def _is_mine(self, other: Lease) -> bool:
        """Whether it is done to this server, by whatever name; one elsewhere has no process here."""
        if self.identity.pid:
            return other.server == self._server or other.identity == self.identity
        return other.node == self.node and not other.identity.pid

    def start_beside(self, node: str) -> bool:
        """Start *node* of the same lab again, unless it runs; whether it serves before long."""
        lab = self._server.partition("/")[0]
        server = self._ledger.server(f"{lab}/{node}")
        if server is None:
            raise CannotStartAgain(f"nobody told how to start {node} again")
        started = servers.start(self._ledger, server, held=self._held)
        return world.wait_until(lambda: servers.serving(started), BESIDE_S_MAX)

    def run_lives(self) -> bool:
        """Whether the runner of its run lives: somebody will still look at what the fault has done."""
        rows = self._ledger.rows(
            "select pid, start, boot from runs where token = ? and state = 'running'",
            self._lease.run,
        )
        return any(Identity(row["pid"], row["start"], row["boot"]).same() for row in rows)

    def start_again(self) -> None:
        """Start the server again, with the same data and address, unless it runs."""
        server = self._ledger.server(self._server)
        if server is None or not server.spec.get("argv"):
            raise CannotStartAgain(f"nobody told how to start {self.node} again")
        servers.start(self._ledger, server, held=self._held)


def _serving(server: Server) -> bool:
    if not servers.runs(server):
        raise HealFailed(servers.why_ended(server))  # it will not come back by waiting
    return servers.serving(server)
