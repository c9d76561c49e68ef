"""One end of a connection: the socket, and how it ends."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.proxy.core.toxics.stage import Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.proxy.core.link import Link

_RST_AT_CLOSE = struct.pack("ii", 1, 0)  # linger, for no time at all


class Pair(Protocol):
    """The connection, as its two sides see it."""

    def met(self, side: Side) -> None:
        """*side* is there."""

    def lost(self) -> None:
        """One side is gone."""

    def half_closed(self) -> None:
        """One side was told that nothing more comes."""

    def reset(self) -> None:
        """RST to both."""


class Side(asyncio.Protocol):
    """One end: the source of one link, and the sink of the other."""

    __slots__ = ("_eof", "_pair", "back", "link", "lost", "shut", "transport", "write")
    link: Link  # what comes from here
    back: Link  # what goes there
    write: Callable[[bytes], None]

    def __init__(self, pair: Pair) -> None:
        """Nobody is there yet."""
        self._pair = pair
        self.transport: Any = None
        self.write = _forget
        self._eof = False
        self.shut = False  # it was told that nothing more comes
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self.transport = transport
        self.write = self.transport.write
        self._pair.met(self)

    def data_received(self, data: bytes) -> None:
        """The fast path: count, and hand on."""
        link = self.link
        link.received += len(data)
        link.take(data)

    def eof_received(self) -> bool:
        """It says no more, and may still listen."""
        self._eof = True
        self.link.finish(Ending.EOF)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; by a reset, if it was not we who ended it."""
        self.lost = True
        self._stop_writing()
        if exc is not None:
            self.link.finish(Ending.RESET)
        self._pair.lost()

    def pause_writing(self) -> None:
        """It does not read."""
        self.back.stick(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It reads again."""
        self.back.loosen()

    def pause(self) -> None:
        """Read nothing from it for a while."""
        if self._readable():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read from it again."""
        if self._readable():
            self.transport.resume_reading()

    def finish(self, ending: Ending) -> None:
        """What goes there has come to an end."""
        if ending is Ending.EOF:
            self._shut()
        elif ending is Ending.CLOSE:
            self.close()
            self.link.finish(ending)
        else:
            self._pair.reset()

    def close(self) -> None:
        """Send what was written, then close."""
        self._stop_writing()
        if self.transport is not None and not self.lost:
            self.transport.close()

    def abort(self, *, reset: bool) -> None:
        """Close at once; with *reset* the other end sees an RST, else an end."""
        self._stop_writing()
        if self.transport is None or self.lost:
            return
        sock = self.transport.get_extra_info("socket") if reset else None
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_AT_CLOSE)
        self.transport.abort()

    def _shut(self) -> None:
        self.shut = True
        if self.transport is not None and not self.lost and not self.transport.is_closing():
            self.transport.write_eof()
        self._pair.half_closed()

    def _stop_writing(self) -> None:
        self.write = _forget
        self.back.renew()

    def _readable(self) -> bool:
        return not (
            self.lost or self._eof or self.transport is None or self.transport.is_closing()
        )


def _forget(data: bytes) -> None:
    """Nobody is there (any more)."""
