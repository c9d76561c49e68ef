"""One connection: a client that was accepted, a server that is dialed, and a link each way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from chaos_ext.errors import ListenFailed
from chaos_ext.proxy.core import chosen
from chaos_ext.proxy.core.echo import Echo
from chaos_ext.proxy.core.link import Link
from chaos_ext.proxy.core.model import DOWNSTREAM, UPSTREAM, ToxicSpec
from chaos_ext.proxy.core.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.proxy.core.budget import Budget
    from chaos_ext.proxy.core.clock import Alarms
    from chaos_ext.proxy.core.toxics.stage import Stage


class Owner(Protocol):
    """The proxy, as its connections see it."""

    clock: Alarms
    budget: Budget

    def arrived(self, connection: Connection) -> tuple[str, bool] | None:
        """The seed of *connection*, and whether it meets the echo; None: it came too late."""

    def left(self, connection: Connection) -> None:
        """Both ends of *connection* are gone."""

    def specs(self) -> Sequence[ToxicSpec]:
        """The toxics of now."""

    async def dial_to(self) -> tuple[str, int]:
        """Host and port of the server."""


class Connection:
    """Two sides and two links, from the first byte of the client to the end of both."""

    __slots__ = (
        "_dialing",
        "_over",
        "_owner",
        "_seed",
        "client",
        "down",
        "peer",
        "peer_port",
        "server",
        "up",
    )

    def __init__(self, owner: Owner) -> None:
        """A client was accepted."""
        self._owner = owner
        self._seed = ""
        self._dialing: asyncio.Task[None] | None = None
        self._over = False
        self.peer = ""  # the address of the client
        self.peer_port = 0
        self.client = client = Side(self)
        self.server = server = Side(self)
        self.up = client.link = server.back = Link(client, server, owner.clock, owner.budget)
        self.down = server.link = client.back = Link(server, client, owner.clock, owner.budget)

    def met(self, side: Side) -> None:
        """The client: dial. The server: both are there, open the links."""
        if self._over:
            side.abort(reset=False)
        elif side is self.client:
            host, self.peer_port = (side.transport.get_extra_info("peername") or ("", 0))[:2]
            self.peer = host.removeprefix("::ffff:")  # IPv4 at a listener for both
            self._begin()
        else:
            specs = self._owner.specs()
            self.down.open(self._arrange(DOWNSTREAM, self.down, specs))
            self.up.open(self._arrange(UPSTREAM, self.up, specs))

    def settle(self, *, urgent: bool) -> None:
        """Have exactly the toxics of now; where nothing is held, and nothing *urgent*, with the next byte.

        Ten thousand idle connections are told in a few milliseconds that way.
        """
        if self.server.transport is None:
            return  # they are asked for when it is there
        for link in (self.up, self.down):
            link.put_off(self.catch_up)
        if urgent or self.up.stages or self.down.stages:
            self.catch_up()

    def catch_up(self) -> None:
        """Have the toxics of now, now."""
        specs = self._owner.specs()
        for stream, link in ((UPSTREAM, self.up), (DOWNSTREAM, self.down)):
            link.arrange(self._arrange(stream, link, specs))

    def lost(self) -> None:
        """One side is gone; without a server there is nothing to wait for."""
        no_server = self.server.transport is None
        if self.client.lost and (no_server or self.server.lost) and not self._over:
            self._finish()

    def half_closed(self) -> None:
        """Each side was told that nothing more comes: the connection is over in good order."""
        if self.client.shut and self.server.shut:
            self.client.close()
            self.server.close()

    def reset(self) -> None:
        """RST to both ends, now."""
        self.client.abort(reset=True)
        self.server.abort(reset=True)

    def abort(self) -> None:
        """End both ends, now."""
        self.client.abort(reset=False)
        self.server.abort(reset=False)
        self._finish()

    def _begin(self) -> None:
        wanted = self._owner.arrived(self)
        if wanted is None:
            self.abort()
        else:
            self._seed, echo = wanted
            self._dialing = asyncio.get_running_loop().create_task(self._dial(echo=echo))

    def _finish(self) -> None:
        if self._over:
            return
        self._over = True
        if self._dialing is not None:
            self._dialing.cancel()
        self.up.drop()
        self.down.drop()
        self._owner.left(self)

    async def _dial(self, *, echo: bool) -> None:
        """Reach the server, for as long as the kernel tries; the client is closed when it cannot be."""
        try:
            if echo:
                Echo(self.server)
            else:
                host, port = await self._owner.dial_to()
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: self.server, host, port)
        except ConnectionResetError:  # it was there, and was gone before we looked
            self.reset()
        except (OSError, ListenFailed):
            self.client.close()
        finally:
            self._dialing = None

    def _arrange(self, stream: str, link: Link, specs: Sequence[ToxicSpec]) -> list[Stage]:
        mine = [
            spec
            for spec in specs
            if spec.stream == stream and chosen.meets(spec, self.peer, self._seed)
        ]
        return chosen.stages(mine, link, self._owner.clock, self._seed)
