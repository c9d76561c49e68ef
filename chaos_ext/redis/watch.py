"""How a canary writes to and reads from Redis, and finds its primary as an application would."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from chaos_ext.errors import BadArgument, BadEnvironment, TargetUnreachable
from chaos_ext.redis.wire import ErrorReply, Reply, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Address: TypeAlias = tuple[str, int]

KEPT_S = 3600  # where nobody says otherwise: a run that is never read back leaves nothing behind for longer
_SENTINELS_TIMEOUT_S = 0.1
_HUNG_AFTER_UNANSWERED = 8
# a replica, or a primary that is cut off from its replicas: an application asks who serves now
_TAKES_NO_WRITES = ("READONLY", "NOREPLICAS")


def key(run: str, seq: int) -> bytes:
    """The key of a write; it belongs to this run alone."""
    return b"chaos_ext:%b:%d" % (run.encode(), seq)


def value(run: str, seq: int) -> bytes:
    """The value of a write; no two writes have the same."""
    return b"%b:%d" % (run.encode(), seq)


def canary(target: Mapping[str, Any], run: str) -> RedisCanary:
    """What the witness asks for by name: *target* has `sentinels` and `service`, or `primary`."""
    login = tuple(
        str(target[part]).encode() for part in ("username", "password") if target.get(part)
    )
    kept_s = int(target.get("key_ttl_s", KEPT_S))
    if target.get("sentinels"):
        sentinels = [(str(host), int(port)) for host, port in target["sentinels"]]
        finder = Sentinels(sentinels, str(target["service"]))
        return RedisCanary(finder, run, login, kept_s)
    if target.get("primary"):
        host, port = target["primary"]
        return RedisCanary(Fixed((str(host), int(port))), run, login, kept_s)
    raise BadArgument("a redis target to watch needs sentinels and service, or primary")


class Fixed:
    """A primary that is always at the same address."""

    def __init__(self, address: Address) -> None:
        """Keep the one *address* there is."""
        self._address = address

    async def primary(self) -> Address:
        """That address."""
        return self._address

    def close(self) -> None:
        """Nothing was opened."""


class Sentinels:
    """Names the primary; connections stay open, for an outage is when we ask most often."""

    def __init__(self, addresses: Sequence[Address], service: str) -> None:
        """Ask the sentinels at *addresses* about *service*."""
        self._addresses = tuple(addresses)
        self._service = service.encode()
        self._wires: dict[Address, Wire] = {}

    async def primary(self) -> Address:
        """The first answer of any sentinel; one that hangs delays nobody."""
        questions = [asyncio.create_task(self._ask(address)) for address in self._addresses]
        try:
            async with asyncio.timeout(_SENTINELS_TIMEOUT_S):
                for answer in asyncio.as_completed(questions):
                    named = await answer
                    if named is not None:
                        return named
        except TimeoutError:
            self.close()  # a fresh connection next time: these lead nowhere
        finally:
            for question in questions:
                question.cancel()
        raise TargetUnreachable(
            f"no sentinel of {len(self._addresses)} names a primary of "
            f"{self._service.decode()!r}: are they up, and is that its name?"
        )

    async def _ask(self, address: Address) -> Address | None:
        with suppress(OSError):
            wire = await self._wire(address)
            return _address(
                await wire.ask(b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", self._service)
            )
        return None

    async def _wire(self, address: Address) -> Wire:
        wire = self._wires.get(address)
        if wire is not None and wire.unanswered > _HUNG_AFTER_UNANSWERED:
            wire.close()
        if wire is None or wire.ended:
            wire = self._wires[address] = await Wire.open(*address)
        return wire

    def close(self) -> None:
        """End every connection to a sentinel."""
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


def _address(reply: Reply) -> Address | None:
    match reply:
        case [bytes(host), bytes(port)]:
            return host.decode(), int(port)
        case _:  # nil: it does not know the service; or an error
            return None


class RedisCanary:
    """Connects to whoever is the primary now."""

    def __init__(
        self,
        finder: Fixed | Sentinels,
        run: str,
        login: tuple[bytes, ...],
        kept_s: int = KEPT_S,
    ) -> None:
        """Find the primary by *finder*, write keys of *run*, log in when *login* is not empty."""
        self._finder = finder
        self._run = run
        self._login = login
        self._kept_s = kept_s

    async def connect(self) -> RedisConnection:
        """Find the primary, connect once, log in."""
        host, port = await self._finder.primary()
        wire = await Wire.open(host, port)
        try:
            await self._log_in(wire)
        except BaseException:
            wire.close()
            raise
        return RedisConnection(wire, self._run, self._kept_s)

    async def _log_in(self, wire: Wire) -> None:
        if not self._login:
            return
        reply = await wire.ask(b"AUTH", *self._login)
        if isinstance(reply, ErrorReply):
            raise BadEnvironment(f"redis refused AUTH ({reply.code}): correct the password")

    def close(self) -> None:
        """End what finding the primary opened."""
        self._finder.close()


class RedisConnection:
    """A connection to one primary; says in one word of `history.rows.ERRORS` how it went."""

    def __init__(self, wire: Wire, run: str, kept_s: int = KEPT_S) -> None:
        """Use *wire* for the keys of *run*, which live for *kept_s*."""
        self._wire = wire
        self._run = run
        self._kept_s = b"%d" % kept_s

    @property
    def peer(self) -> int:
        """Who is at the other end."""
        return self._wire.peer

    @property
    def ended(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._wire.ended

    async def write(self, seq: int) -> str:
        """Write the value of *seq* under its own key."""
        reply = await self._wire.ask(
            b"SET", key(self._run, seq), value(self._run, seq), b"EX", self._kept_s
        )
        return judged(reply, b"OK")

    async def read(self, seq: int) -> str:
        """Read what *seq* wrote, and compare."""
        reply = await self._wire.ask(b"GET", key(self._run, seq))
        return judged(reply, value(self._run, seq))

    def close(self) -> None:
        """End it now; what waits for a reply fails."""
        self._wire.close()


def judged(reply: Reply, wanted: bytes) -> str:
    """The word for *reply* where *wanted* is the only right one; empty when it is right."""
    if isinstance(reply, ErrorReply):
        return "readonly" if reply.code in _TAKES_NO_WRITES else "error"
    return "" if reply == wanted else "wrong value"
