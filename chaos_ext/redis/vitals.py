"""What a Redis server says of itself, four times a second, for the watch over resources: memory, connections, bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.redis.wire import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# -- what the sampler asks (`resource/question.py` says how) -------------------------------
_SECTIONS = (b"memory", b"clients", b"stats")  # one each: before 7.0 INFO takes no more
QUESTION = b"".join(encode((b"INFO", section)) for section in _SECTIONS)
_FIELDS = {
    "memory_server_bytes": b"\nused_memory:",
    "memory_server_limit_bytes": b"\nmaxmemory:",
    "connections": b"\nconnected_clients:",
    "connections_allowed": b"\nmaxclients:",
    "net_in_bytes": b"\ntotal_net_input_bytes:",
    "net_out_bytes": b"\ntotal_net_output_bytes:",
}
_NOT_LIMITED = b"\nmem_not_counted_for_evict:"  # buffers that `maxmemory` does not hold back
_BULK, _PLAIN = b"$+"


def hello(login: Sequence[str]) -> bytes:
    """What a new connection says first: who it is, where a password is known."""
    return encode((b"AUTH", *(part.encode() for part in login))) if login else b""


def answer(heard: bytearray) -> Mapping[str, int] | None:
    """The numbers of one whole answer, taken from *heard*; None while some of it is missing.

    ValueError when the server refuses to tell. Nothing is copied: this is done often.
    """
    at, sections = 0, 0
    while sections < len(_SECTIONS):
        end = heard.find(b"\r\n", at)
        if end < 0:
            return None
        mark, line = heard[at], heard[at + 1 : end]
        if mark == _BULK:
            at = end + 2 + int(line) + 2
            sections += 1
        elif mark == _PLAIN:  # the OK of AUTH
            at = end + 2
        else:
            raise ValueError(line.decode(errors="replace"))
    if len(heard) < at:
        return None
    told = _numbers(heard, at)
    del heard[:at]
    return told


def _numbers(said: bytearray, end: int) -> dict[str, int]:
    told = {key: _number(said, name, end) for key, name in _FIELDS.items()}
    if told["memory_server_limit_bytes"] == 0:  # no limit
        told["memory_server_limit_bytes"] = -1
    if told["memory_server_bytes"] >= 0:
        told["memory_server_bytes"] -= max(0, _number(said, _NOT_LIMITED, end))
    return told


def _number(said: bytearray, name: bytes, end: int) -> int:
    """The number of a field; -1 when this server has none of that name."""
    at = said.find(name, 0, end)
    if at < 0:
        return -1
    begins = at + len(name)
    return int(said[begins : said.index(b"\r", begins)])
