"""Who accepts: one listening socket of a proxy, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chaos_ext.errors import ListenFailed
from chaos_ext.proxy.core import addresses

if TYPE_CHECKING:
    from collections.abc import Callable

_BACKLOG = 4096  # the kernel takes less if it is told so


class Listener:
    """A socket that accepts; every connection gets a protocol of its own."""

    def __init__(self, server: asyncio.AbstractServer, address: str) -> None:
        """*server* listens at *address* already."""
        self._server = server
        self.address = address

    def close(self) -> None:
        """Listen no more; the port is free when this returns."""
        self._server.close()


async def listen(where: str, meet: Callable[[], asyncio.BaseProtocol]) -> Listener:
    """Listen at *where*; ListenFailed with the words Go has for it."""
    try:
        address = await addresses.resolved(where)
    except ListenFailed as problem:
        raise ListenFailed(f"listen tcp: {problem}") from None
    sock = addresses.bound(address)
    try:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(meet, sock=sock, backlog=_BACKLOG)
    except OSError as error:
        sock.close()
        raise addresses.failed(address, error) from None
    host, port = sock_name(server)
    return Listener(server, str(addresses.Address(host, port)))


def sock_name(server: asyncio.Server) -> tuple[str, int]:
    """Where *server* listens, as the kernel says it."""
    host, port = server.sockets[0].getsockname()[:2]
    return str(host), int(port)
