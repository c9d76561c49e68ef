"""What a Redis server tells of itself and lets itself be told, over one plain socket each time.

Faults ask it from the guardian, which has no driver and is given no password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.redis.plain import Plain, facts
from chaos_ext.redis.wire import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.redis.wire import Reply

Address = tuple[str, int]
HELLO = b""  # a connection counts as soon as it is accepted
ANSWER_S_MAX = 1.0
_NEEDS_LOGIN = ("NOAUTH", "NOPERM")
_OURS = 1  # the connection that asks


def ask(address: Sequence[str | int], *words: str, timeout_s: float = ANSWER_S_MAX) -> Reply:
    """Ask one thing; TargetUnreachable when there is no answer, NotAllowed when it wants a password."""
    host, port = str(address[0]), int(address[1])
    with Plain(host, port, timeout_s) as server:
        reply = server.ask(*words)
    if not isinstance(reply, ErrorReply):
        return reply
    if reply.code in _NEEDS_LOGIN:
        raise NotAllowed(
            f"{host}:{port} wants a login for {words[0]}, and passwords are not given to the guardian; "
            "choose another fault or another way"
        )
    raise TargetUnreachable(f"{host}:{port} refused {' '.join(words)}: {reply.text}")


def connections(address: Address) -> tuple[int, int]:
    """How many connections the server has besides this one, and how many it allows."""
    clients, replication = info(address, "clients"), info(address, "replication")
    # those of replicas count, and are not counted there
    used = int(clients["connected_clients"]) + int(replication.get("connected_slaves", 0))
    return used - _OURS, setting(address, "maxclients")


def memory(address: Address) -> tuple[int, int]:
    """How many bytes it uses of its limit, and the limit; 0 for none."""
    found = info(address, "memory")
    # what replicas and the append-only file still wait for does not count
    uncounted = int(found.get("mem_not_counted_for_evict", 0))
    return int(found["used_memory"]) - uncounted, setting(address, "maxmemory")


def limit_memory(address: Address, limit_bytes: int) -> None:
    """Have it use no more than that; 0 for no limit."""
    ask(address, "CONFIG", "SET", "maxmemory", str(limit_bytes))


def now_s(address: Sequence[str | int], timeout_s: float = ANSWER_S_MAX) -> float:
    """The time of the server's own clock, in seconds since 1970."""
    host, port = str(address[0]), int(address[1])
    with Plain(host, port, timeout_s) as server:
        match server.ask("TIME"):
            case [bytes(seconds), bytes(microseconds)]:
                return int(seconds) + int(microseconds) / 1e6
        told = facts(server.must("INFO", "server"))  # a sentinel has no TIME
    if "server_time_usec" not in told:
        raise TargetUnreachable(
            f"{host}:{port} does not tell its time: it is too old a version"
        )
    return int(told["server_time_usec"]) / 1e6


def info(address: Address, section: str) -> dict[str, str]:
    """One section of INFO, as text."""
    return facts(ask(address, "INFO", section))


def setting(address: Address, name: str) -> int:
    """One number of its configuration."""
    return int(facts(ask(address, "CONFIG", "GET", name))[name])
