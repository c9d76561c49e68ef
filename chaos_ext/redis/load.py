"""What the load asks of Redis: half writes, half reads, through Sentinel, never twice.

A client that retries hides an outage, and a pool that remembers a dead primary makes it longer.
So: no retry, every wait bounded by what is left of the deadline, the idle connections dropped
with the first error on one of them, and one question to Sentinel at a time.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004 - redis-py's own, which is not the builtin
)
from redis.exceptions import ConnectionError as LostError
from redis.retry import Retry

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.history import rows
from chaos_ext.redis.client import info
from chaos_ext.redis.primary import Lookup, NoPrimary, who_knows

if TYPE_CHECKING:
    from collections.abc import Mapping

NS_PER_S = 1_000_000_000
KEY_LIVES_S = 600
OURS = {
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.EADDRNOTAVAIL,
}  # not the server's fault


class Wire(Protocol):
    """What is used of redis-py's connection, which has no types of its own."""

    def connect(self) -> None:
        """Connect, in the time it was made with."""

    def disconnect(self) -> None:
        """Close; must not raise."""

    def can_read(self) -> bool:
        """Whether something came that nobody asked for; raises when it was closed."""

    def send_command(self, *words: object) -> None:
        """Send one command."""

    def read_response(self, *, timeout: float) -> Any:
        """The answer to the command sent last."""


class NotConnected(Exception):  # noqa: N818 - never leaves this file
    """The primary that was named could not be reached; the argument is the error's name."""


class Idle:
    """Connections that wait for their next use; the last one in is the first one out."""

    def __init__(self) -> None:
        """Hold none."""
        self._wires: list[Wire] = []
        self._generation = 0

    def take(self) -> tuple[Wire | None, int]:
        """The connection used last that is still good, and the generation it belongs to."""
        while self._wires:
            wire = self._wires.pop()
            with suppress(RedisError, OSError):
                if not wire.can_read():
                    return wire, self._generation
            wire.disconnect()
        return None, self._generation

    def give_back(self, wire: Wire, generation: int) -> None:
        """Keep *wire*, unless its generation was dropped while it was in use."""
        if generation == self._generation:
            self._wires.append(wire)
        else:
            wire.disconnect()

    def drop(self, generation: int) -> None:
        """Close all of *generation*; a late error of an earlier one closes nothing."""
        if generation != self._generation:
            return
        self._generation += 1
        dropped, self._wires = self._wires, []
        for wire in dropped:
            wire.disconnect()


class RedisLoad:
    """The operations of the load on one primary, named by Sentinel or fixed."""

    def __init__(self, target: Mapping[str, Any], run: str, deadline_s: float) -> None:
        """Connect to nothing yet."""
        self._lookup = Lookup(who_knows(target, deadline_s))
        self._idle = Idle()
        self._prefix = f"chaos_ext:{run}:load:"
        self._login = {key: target[key] for key in ("username", "password") if target.get(key)}
        self._written = 0

    def kind(self, seq: int) -> int:
        """Every second arrival reads."""
        return rows.READ if seq % 2 else rows.WRITE

    def perform(self, seq: int, left_s: float) -> str:
        """Write a key of its own, or read the last one written; the name of what went wrong."""
        ends_ns = world.monotonic_ns() + int(left_s * NS_PER_S)
        idle, generation = self._idle.take()
        try:
            wire = idle or self._connect(ends_ns)
        except NoPrimary:
            return "no primary"
        except NotConnected as reason:
            self._idle.drop(generation)
            return str(reason)
        try:
            error = self._ask(wire, seq, ends_ns)
        except (RedisError, OSError) as reason:
            return self._went_wrong(reason, wire, generation)
        self._idle.give_back(wire, generation)
        return error

    def _connect(self, ends_ns: int) -> Wire:
        host, port = self._lookup.primary(_left_s(ends_ns))
        wire = new_wire(host, port, _left_s(ends_ns), **self._login)
        try:
            wire.connect()
        except (RedisError, OSError) as error:
            wire.disconnect()
            raise NotConnected(_why_not_connected(error)) from error
        return wire

    def _ask(self, wire: Wire, seq: int, ends_ns: int) -> str:
        return (self._write if self.kind(seq) == rows.WRITE else self._read)(wire, seq, ends_ns)

    def _write(self, wire: Wire, seq: int, ends_ns: int) -> str:
        key = self._prefix + str(seq)
        wire.send_command("SET", key, key, "EX", KEY_LIVES_S)
        if wire.read_response(timeout=_left_s(ends_ns)) != b"OK":
            return "wrong value"
        self._written = max(self._written, seq)
        return ""

    def _read(self, wire: Wire, _seq: int, ends_ns: int) -> str:
        key = self._prefix + str(self._written)
        wire.send_command("GET", key)
        answer = wire.read_response(timeout=_left_s(ends_ns))
        # None is a loss, and losses are for the witness to judge: the server did answer.
        return "" if answer is None or answer == key.encode() else "wrong value"

    def _went_wrong(self, reason: Exception, wire: Wire, generation: int) -> str:
        name = _name_of(reason)
        if name == "error" and not isinstance(reason, LostError):
            self._idle.give_back(wire, generation)  # it answered, and may go on
        else:
            wire.disconnect()
            self._idle.drop(generation)
        return name


def operations(target: Mapping[str, Any], run: str, deadline_s: float) -> RedisLoad:
    """What the load process looks for by name."""
    return RedisLoad(target, run, deadline_s)


def free_connections(target: Mapping[str, Any], deadline_s: float) -> int:
    """How many more clients the primary would take."""
    try:
        primary = who_knows(target, deadline_s)()
    except (RedisError, OSError) as error:
        raise TargetUnreachable(f"redis: no sentinel names a primary: {error}") from error
    clients = info(primary, "clients", deadline_s)
    return int(clients["maxclients"]) - int(clients["connected_clients"])


def new_wire(host: str, port: int, timeout_s: float, **login: str) -> Wire:
    """A connection that is not connected yet and waits at most *timeout_s* for anything."""
    wire = Connection(  # type: ignore[no-untyped-call]
        host=host,
        port=port,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # no greeting: one round trip less for every connection of an outage
        driver_info=None,
        **login,
    )
    return cast("Wire", wire)


def _left_s(ends_ns: int) -> float:
    return max(0.001, (ends_ns - world.monotonic_ns()) / NS_PER_S)


def _name_of(error: Exception) -> str:
    """One of rows.ERRORS for what happened on a connection that stood."""
    if isinstance(error, ReadOnlyError) or str(error).startswith("NOREPLICAS"):
        return "readonly"  # it takes no writes, and another may serve by now
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, AuthenticationError | BusyLoadingError):
        return "error"
    return "lost" if isinstance(error, LostError | OSError) else "error"


def _why_not_connected(error: Exception) -> str:
    if isinstance(error, TimeoutError | AuthenticationError | BusyLoadingError):
        return _name_of(error)
    cause = error.__context__
    is_ours = isinstance(cause, OSError) and cause.errno in OURS
    return "error" if is_ours or not isinstance(error, LostError | OSError) else "refused"
