"""A pipelined RESP2 connection that does what it is told and no more: no retry, no pool.

What a canary reports must be what the server did, so nothing between the two may try again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from chaos_ext.history.rows import pack_peer

if TYPE_CHECKING:
    from typing import Self

_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A definite "no" of the server; a value, because it is an answer like any other."""

    text: str

    @property
    def code(self) -> str:
        """The first word: READONLY, LOADING, OOM, ..."""
        return self.text.partition(" ")[0]


Reply: TypeAlias = "bytes | int | ErrorReply | list[Reply] | None"


def encode(words: tuple[bytes, ...]) -> bytes:
    """A command as the server reads it."""
    bulks = (b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%b" % (len(words), b"".join(bulks))


def parse(data: bytes | bytearray, at: int = 0) -> tuple[Reply, int] | None:
    """The reply that begins at *at* and where the next one begins; None while it is partial."""
    end = data.find(_END, at)
    if end < 0:
        return None
    mark, line, after = data[at : at + 1], bytes(data[at + 1 : end]), end + len(_END)
    if mark == b"+":
        return line, after
    if mark == b"-":
        return ErrorReply(line.decode(errors="replace")), after
    if mark == b":":
        return int(line), after
    if mark == b"$":
        return _bulk(data, int(line), after)
    if mark == b"*":
        return _array(data, int(line), after)
    raise ValueError(f"no RESP2 reply begins with {bytes(mark)!r}: is this a Redis port?")


def _bulk(data: bytes | bytearray, length: int, at: int) -> tuple[Reply, int] | None:
    if length < 0:
        return None, at
    after = at + length + len(_END)
    return (bytes(data[at : at + length]), after) if after <= len(data) else None


def _array(data: bytes | bytearray, length: int, at: int) -> tuple[Reply, int] | None:
    if length < 0:
        return None, at
    items: list[Reply] = []
    for _ in range(length):
        found = parse(data, at)
        if found is None:
            return None
        items.append(found[0])
        at = found[1]
    return items, at


class Wire(asyncio.Protocol):
    """One connection; every command gets a future, and all fail together when it ends."""

    def __init__(self) -> None:
        """Use `open`: it also connects."""
        self.ended = False
        self.peer = 0
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect once; whatever the kernel says comes out as it is."""
        _, wire = await asyncio.get_running_loop().create_connection(cls, host, port)
        return wire

    @property
    def unanswered(self) -> int:
        """How many commands wait for a reply."""
        return len(self._waiting)

    def ask(self, *words: bytes) -> asyncio.Future[Reply]:
        """Send a command now; the future holds its reply, or a ConnectionError."""
        if self.ended or self._transport is None:
            raise ConnectionResetError("the connection ended before the command was sent")
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._transport.write(encode(words))
        return answer

    def close(self) -> None:
        """End the connection now; commands without a reply fail."""
        self._end("closed by us")
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom we talk to, by address: names move, addresses are evidence."""
        self._transport = cast("asyncio.Transport", transport)
        host, port = (transport.get_extra_info("peername") or ("::", 0))[:2]
        self.peer = 0 if ":" in host else pack_peer(host, port)  # rows hold IPv4 only

    def data_received(self, data: bytes) -> None:
        """Hand each whole reply to the command that waits longest."""
        self._buffer += data
        at = 0
        try:
            while self._waiting and (found := parse(self._buffer, at)):
                reply, at = found
                answer = self._waiting.popleft()
                if not answer.done():  # its asker may have given up
                    answer.set_result(reply)
        except ValueError as broken:
            self._end(str(broken))
            self.close()
        del self._buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what was sent and not answered."""
        self._end(str(exc or "closed by the server"))

    def _end(self, why: str) -> None:
        self.ended = True
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(ConnectionResetError(f"no reply came: {why}"))
