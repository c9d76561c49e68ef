"""An echo in place of a server: what a fault does to a connection, without asking anybody's server."""

from __future__ import annotations

import asyncio
from collections import deque

_FULL = 64 * 1024  # bytes that wait to be echoed before more are refused


class Echo:
    """As much of a transport as a connection uses; what is written comes back in the next turn."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        """Echo to *protocol*, and tell it that it is connected."""
        self._protocol = protocol
        self._soon = asyncio.get_running_loop().call_soon
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._reading = True
        self._refusing = False
        self._eof = False
        self._closing = False
        protocol.connection_made(self)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        """Send *data* back."""
        if self._closing:
            return
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _FULL and not self._refusing:
            self._refusing = True
            self._protocol.pause_writing()
        self._soon(self._deliver)

    def write_eof(self) -> None:
        """Send the end back as well."""
        self._eof = True
        self._soon(self._deliver)

    def pause_reading(self) -> None:
        """Deliver nothing for a while."""
        self._reading = False

    def resume_reading(self) -> None:
        """Deliver again."""
        self._reading = True
        self._soon(self._deliver)

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be echoed."""
        return self._size

    def get_extra_info(self, name: str) -> None:
        """There is no socket."""

    def is_closing(self) -> bool:
        """Whether it echoes no more."""
        return self._closing

    def close(self) -> None:
        """Echo no more."""
        self.abort()

    def abort(self) -> None:
        """Echo no more."""
        if not self._closing:
            self._closing = True
            self._waiting.clear()
            self._soon(self._lost)

    def _lost(self) -> None:
        self._protocol.connection_lost(None)

    def _deliver(self) -> None:
        while self._waiting and self._reading and not self._closing:
            data = self._waiting.popleft()
            self._size -= len(data)
            self._protocol.data_received(data)
        if self._refusing and self._size <= _FULL // 2:
            self._refusing = False
            self._protocol.resume_writing()
        if self._eof and not self._waiting and not self._closing:
            self._eof = False
            self._protocol.eof_received()


Wire = asyncio.Transport | Echo
