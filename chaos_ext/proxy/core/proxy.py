"""One proxy: where it listens, whom it dials, and its toxics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext.errors import ListenFailed
from chaos_ext.proxy.core import addresses, chosen
from chaos_ext.proxy.core.connection import Connection
from chaos_ext.proxy.core.flapping import Flapping
from chaos_ext.proxy.core.listener import Listener, listen
from chaos_ext.proxy.core.model import DOWNSTREAM, STREAMS, UPSTREAM, ToxicSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.proxy.core.budget import Budget
    from chaos_ext.proxy.core.clock import Alarms
    from chaos_ext.proxy.core.side import Side

_ECHOES_MAX = 1_000  # clients announced that may never come
_ECHO_WAITS_S = 2.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What all proxies of a process have in common."""

    clock: Alarms
    budget: Budget
    seed: str


class Proxy:
    """A listener, its connections, and the toxics all of them meet.

    `enabled` is what was asked for; leases hold it down beside that, and do not change it. No
    method waits for a connection.
    """

    def __init__(self, name: str, listen: str, upstream: str, shared: Shared) -> None:
        """Not started: nothing listens."""
        self.name = name
        self.listen = listen
        self.upstream = upstream
        self.enabled = False
        self.clock = shared.clock
        self.budget = shared.budget
        self._seed = f"{shared.seed}/{name}"
        self._toxics: dict[str, ToxicSpec] = {}
        self._ordered: list[ToxicSpec] = []
        self._listener: Listener | None = None
        self._live: set[Connection] = set()
        self._count = 0  # connections so far
        self._carried = dict.fromkeys(STREAMS, (0, 0))  # by connections that are over
        self._echoes: dict[tuple[str, int], float] = {}  # until when it is waited for
        self._held: set[str] = set()
        self._flapping = Flapping(self._settle)
        self._lock = asyncio.Lock()

    @property
    def toxics(self) -> list[ToxicSpec]:
        """All upstream first, then all downstream, each in creation order."""
        return list(self._ordered)

    @property
    def connections(self) -> int:
        """How many are alive."""
        return len(self._live)

    @property
    def held_down_by(self) -> frozenset[str]:
        """The leases that keep it from listening."""
        return frozenset(self._held) | self._flapping.leases

    async def start(self) -> None:
        """Listen; ListenFailed leaves it disabled."""
        async with self._lock:
            await self._enable()

    async def stop(self) -> None:
        """Close the listener and every connection."""
        async with self._lock:
            await self._disable()

    async def retire(self) -> None:
        """Stop for good, whatever a lease wants."""
        self._flapping.end_all()
        await self.stop()

    async def differs(self, listen: str, upstream: str) -> bool:
        """Whether these would be new to it; ListenFailed when *listen* makes no sense."""
        return self.listen != str(await addresses.resolved(listen)) or self.upstream != upstream

    async def update(self, listen: str, upstream: str, enabled: bool) -> None:
        """Become so; a new address closes all connections, and is kept when it cannot be had."""
        async with self._lock:
            if await self.differs(listen, upstream):
                await self._disable()
                self.listen, self.upstream = listen, upstream
            if enabled != self.enabled:
                await (self._enable() if enabled else self._disable())

    async def put_toxics(self, add: Sequence[ToxicSpec], remove: Sequence[str] = ()) -> None:
        """Remove and add at once, on all connections; a name that is there is replaced in its place."""
        for name in remove:
            self._toxics.pop(name, None)
        self._toxics.update({spec.name: spec for spec in add})
        self._ordered = sorted(
            self._toxics.values(), key=lambda spec: STREAMS.index(spec.stream)
        )
        urgent = chosen.urgent(self._ordered)
        for connection in list(self._live):
            connection.settle(urgent=urgent)

    async def reset_connections(self, sources: frozenset[str] = frozenset()) -> int:
        """RST both ends of every connection (from *sources*) now; how many there were."""
        hit = [each for each in self._live if not sources or each.peer in sources]
        for connection in hit:
            connection.reset()
        return len(hit)

    async def hold_down(self, lease: str) -> None:
        """As if disabled, for as long as any lease holds it down."""
        self._held.add(lease)
        await self._settle()

    async def let_up(self, lease: str) -> None:
        """*lease* holds it down no longer; ListenFailed, and disabled, when the port was taken."""
        self._held.discard(lease)
        try:
            await self._settle()
        except ListenFailed:
            self.enabled = False
            raise

    def flap(self, lease: str, up_s: float, down_s: float) -> None:
        """Down for *down_s*, up for *up_s*, and so on."""
        self._flapping.begin(lease, up_s, down_s)

    def end_flap(self, lease: str) -> None:
        """Up again, unless somebody else holds it down."""
        self._flapping.end(lease)

    def echo_for(self, client: tuple[str, int]) -> None:
        """The next connection from *client* meets our own echo instead of the upstream.

        One that never comes is forgotten: the address may be anybody's later.
        """
        self._echoes[client] = asyncio.get_running_loop().time() + _ECHO_WAITS_S
        while len(self._echoes) > _ECHOES_MAX:
            self._echoes.pop(next(iter(self._echoes)))

    def counters(self) -> dict[str, tuple[int, int]]:
        """Bytes received and sent by direction, those of live connections included."""
        up, down = self._carried[UPSTREAM], self._carried[DOWNSTREAM]
        for each in self._live:
            up = (up[0] + each.up.received, up[1] + each.up.sent)
            down = (down[0] + each.down.received, down[1] + each.down.sent)
        return {UPSTREAM: up, DOWNSTREAM: down}

    def specs(self) -> Sequence[ToxicSpec]:
        """For a connection: the toxics of now."""
        return self._ordered

    def arrived(self, connection: Connection) -> tuple[str, bool] | None:
        """For a connection: its seed, and whether it meets the echo; None: it came too late."""
        if self._listener is None:  # accepted in the turn in which the listener was closed
            return None
        self._count += 1
        self._live.add(connection)
        client = (connection.peer, connection.peer_port)
        awaited_until = self._echoes.pop(client, 0.0)
        echo = bool(awaited_until) and awaited_until > asyncio.get_running_loop().time()
        return f"{self._seed}/{self._count}", echo

    def left(self, connection: Connection) -> None:
        """For a connection: it is over."""
        self._live.discard(connection)
        for stream, link in ((UPSTREAM, connection.up), (DOWNSTREAM, connection.down)):
            received, sent = self._carried[stream]
            self._carried[stream] = (received + link.received, sent + link.sent)

    async def dial_to(self) -> tuple[str, int]:
        """For a connection: host and port of the server; none means this machine, as in Go."""
        host, port = addresses.split(self.upstream)
        return host or "localhost", addresses.port_number(port)

    def _meet(self) -> Side:
        return Connection(self).client

    async def _enable(self) -> None:
        self.enabled = True
        try:
            await self._reach()
        except ListenFailed:
            self.enabled = False
            raise

    async def _disable(self) -> None:
        self.enabled = False
        await self._reach()

    async def _settle(self) -> None:
        async with self._lock:
            await self._reach()

    async def _reach(self) -> None:
        """Listen, or not, as everybody's wishes together say."""
        wanted = self.enabled and not self._held and not self._flapping.down
        if wanted and self._listener is None:
            self._listener = await listen(self.listen, self._meet)
            self.listen = self._listener.address
        elif not wanted and self._listener is not None:
            self._listener.close()
            self._listener = None
            for connection in list(self._live):
                connection.abort()
