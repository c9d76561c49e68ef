"""Who listens for clients of the API, and which of them are connected."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol

from chaos_ext.errors import BadArgument, PortTaken
from chaos_ext.proxy.api.http import Connection

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from chaos_ext.proxy.api.answers import Answer, Request

BACKLOG = 1024


class Application(Protocol):
    """Who answers."""

    async def answer(self, request: Request) -> Answer:
        """The answer; it waits for no connection."""

    def reads_body(self, method: str, target: str) -> bool:
        """Whether a body is worth waiting for."""


class Server:
    """One API: its listener, its open connections, and the requests in hand."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.open: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def accept(self, listener: socket.socket) -> None:
        """Accept the clients of *listener*."""
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(self), sock=listener, backlog=BACKLOG
        )

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Do *work* to its end, also when the client that asked for it goes away."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Accept nobody any more, finish what is in hand, and close every connection."""
        if self._listener:
            self._listener.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        for each in list(self.open):
            each.close()


def listener_at(host: str, port: int) -> socket.socket:
    """A listener where a Go server would listen: the first address of *host*, IPv4 before IPv6.

    Who connects before it is accepted waits.
    """
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(
            host or "::", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        raise BadArgument(f"{where} is no address to listen at: {error}") from error
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(bool(host)))
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        why = (error.strerror or str(error)).lower()
        raise PortTaken(f"cannot listen at {where}: {why}; choose another --port") from error
    listener.setblocking(False)
    return listener
