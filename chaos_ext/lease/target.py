"""What a fault is done to: one process, and the server it is, which we can start again."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos_ext.errors import CannotStartAgain, TargetGone
from chaos_ext.lease import servers

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity
    from chaos_ext.lease.ledger import Lease, Ledger

END_S_MAX = 3.0  # between asking a process to end and ending it


class Target:
    """The process of a lease; holds a pidfd of it from the first moment on."""

    def __init__(self, ledger: Ledger, lease: Lease, *, held: bool = False) -> None:
        """*held* servers are started again as children that end with this process."""
        self.name = lease.target
        self.node = lease.node
        self.identity: Identity = lease.identity
        self._ledger = ledger
        self._server = lease.server
        self._held = held
        try:
            self._fd: int | None = self.identity.open()
        except TargetGone:
            self._fd = None

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
        """Have it ended for certain: by *signum*, or by SIGKILL when that takes too long.

        What was asked to end serves on for a while, and must not be taken for healthy.
        """
        for each in (signum, signal.SIGKILL):
            with suppress(TargetGone):
                self.send(each)
            if self._ends_within(END_S_MAX):
                return

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._ends_within(0.0)

    def _ends_within(self, seconds: float) -> bool:
        if self._fd is None:
            return not self.identity.same()
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def states(self) -> str:
        """The state letters of the process's threads."""
        return self.identity.states()

    def serving(self) -> bool:
        """Whether the server that this is runs (as whatever process) and listens."""
        server = self._ledger.server(self._server)
        return server is not None and servers.serving(server)

    def replaced(self) -> bool:
        """Whether the server runs as another process than the one the fault was done to."""
        server = self._ledger.server(self._server)
        return server is not None and servers.replaced(server, self.identity)

    def start_again(self) -> None:
        """Start the server again, with the same data and address, unless it runs."""
        server = self._ledger.server(self._server)
        if server is None or not server.spec.get("argv"):
            raise CannotStartAgain(f"nobody told how to start {self.node} again")
        servers.start(self._ledger, server, held=self._held)
