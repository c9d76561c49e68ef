"""What a Redis server tells of itself and lets itself be told, over one plain socket each time.

Faults ask it from the guardian, which has no driver and is given no password.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.redis import wire

if TYPE_CHECKING:
    from chaos_ext.redis.wire import Reply

Address = tuple[str, int]
HELLO = b""  # a connection counts as soon as it is accepted
ANSWER_S_MAX = 1.0
_RECEIVED_BYTES_MAX = 1 << 16
_NEEDS_LOGIN = ("NOAUTH", "NOPERM")
_OURS = 1  # the connection that asks


def ask(address: Address, *words: str) -> Reply:
    """Ask one thing; TargetUnreachable when there is no answer, NotAllowed when it wants a password."""
    where = f"{address[0]}:{address[1]}"
    try:
        reply = _ask(address, words)
    except (OSError, ValueError) as error:
        raise TargetUnreachable(f"{where}: {error}") from error
    if not isinstance(reply, wire.ErrorReply):
        return reply
    if reply.code in _NEEDS_LOGIN:
        raise NotAllowed(
            f"{where} wants a login for {words[0]}, and passwords are not given to the guardian; "
            "choose another fault or another way"
        )
    raise TargetUnreachable(f"{where}: {' '.join(words)}: {reply.text}")


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


def now_s(address: Address) -> float:
    """What time its clock says, in seconds since 1970."""
    found = ask(address, "TIME")
    assert isinstance(found, list)
    seconds, microseconds = (int(_text(each)) for each in found)
    return seconds + microseconds / 1e6


def info(address: Address, section: str) -> dict[str, str]:
    """One section of INFO, as text."""
    lines = _text(ask(address, "INFO", section)).splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name: value for name, _, value in pairs}


def setting(address: Address, name: str) -> int:
    """One number of its configuration."""
    found = ask(address, "CONFIG", "GET", name)
    assert isinstance(found, list)
    return int(_text(found[1]))


def _text(reply: Reply) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)


def _ask(address: Address, words: tuple[str, ...]) -> Reply:
    got = bytearray()
    with socket.create_connection(address, ANSWER_S_MAX) as door:
        door.sendall(wire.encode(tuple(word.encode() for word in words)))
        while (found := wire.parse(got)) is None:
            piece = door.recv(_RECEIVED_BYTES_MAX)
            if not piece:
                raise ConnectionResetError("it closed the connection and said nothing")
            got += piece
    return found[0]
