"""What a Redis server says of itself: memory, connections and bytes, for the watch over resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.redis.wire import ErrorReply, encode, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# -- what the sampler asks (`resource/question.py` says how) -------------------------------
_SECTIONS = (b"memory", b"clients", b"stats")  # one each: before 7.0 INFO takes no more
QUESTION = b"".join(encode((b"INFO", section)) for section in _SECTIONS)
_FIELDS = {
    "memory_server_bytes": b"used_memory",
    "memory_server_limit_bytes": b"maxmemory",
    "connections": b"connected_clients",
    "connections_allowed": b"maxclients",
    "net_in_bytes": b"total_net_input_bytes",
    "net_out_bytes": b"total_net_output_bytes",
}
_NOT_LIMITED = b"mem_not_counted_for_evict"  # buffers that `maxmemory` does not hold back
_PLAIN_OK = b"OK"


def hello(login: Sequence[str]) -> bytes:
    """What a new connection says first: who it is, where a password is known."""
    return encode((b"AUTH", *(part.encode() for part in login))) if login else b""


def answer(heard: bytearray) -> Mapping[str, int] | None:
    """The numbers of one whole answer, taken from *heard*; None while some of it is missing.

    ValueError when the server refuses to tell.
    """
    said, at = b"", 0
    for _ in _SECTIONS:
        found = parse(heard, at)
        if found and found[0] == _PLAIN_OK:  # of AUTH
            found = parse(heard, found[1])
        if not found:
            return None
        reply, at = found
        if isinstance(reply, ErrorReply):
            raise ValueError(reply.text)
        said += b"\r\n" + reply if isinstance(reply, bytes) else b""
    del heard[:at]
    return _numbers(said)


def _numbers(said: bytes) -> dict[str, int]:
    told = {key: _number(said, name) for key, name in _FIELDS.items()}
    if told["memory_server_limit_bytes"] == 0:  # no limit
        told["memory_server_limit_bytes"] = -1
    if told["memory_server_bytes"] >= 0:
        told["memory_server_bytes"] -= max(0, _number(said, _NOT_LIMITED))
    return told


def _number(said: bytes, name: bytes) -> int:
    """The number of a field; -1 when this server has none of that name."""
    at = said.find(b"\n" + name + b":")
    if at < 0:
        return -1
    begins = at + len(name) + 2
    return int(said[begins : said.index(b"\r", begins)])
