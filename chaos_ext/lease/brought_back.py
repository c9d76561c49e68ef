"""The servers that healing has started again: they may have ended, or stopped to serve, since."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.lease import servers

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Lease, Ledger

LAST_LOOK_S = 0.5  # it may only be slow for a moment


class BroughtBack:
    """By their keys, with the lease that was healed."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing was brought back so far."""
        self._ledger = ledger
        self._leases: dict[str, Lease] = {}

    def note(self, lease: Lease) -> None:
        """Remember the server of a lease that was healed, if it is another process now."""
        server = self._ledger.server(lease.server)
        if server and server.identity != lease.identity:
            self._leases[server.key] = lease

    def forget(self, key: str) -> None:
        """It is known by now that it was not healed."""
        self._leases.pop(key, None)

    def failed(self, gone_with: frozenset[str]) -> list[Lease]:
        """The leases whose servers serve no more; those in *gone_with* need not."""
        return [
            lease
            for key, lease in self._leases.items()
            if key not in gone_with and self._fails(key)
        ]

    def _fails(self, key: str) -> bool:
        server = self._ledger.server(key)
        return server is not None and not world.wait_until(
            partial(servers.serving, server), LAST_LOOK_S
        )
