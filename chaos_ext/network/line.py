"""One TCP connection of ours that is looked at and never waited for."""

from __future__ import annotations

import errno
import select
import socket
import struct
from typing import TYPE_CHECKING, TypeAlias

from chaos_ext import world

if TYPE_CHECKING:
    from typing import Self

Address: TypeAlias = tuple[str, int]

REFUSED, RESET, CLOSED, LOST = "refused", "reset", "closed", "lost"
_ENDS = {errno.ECONNREFUSED: REFUSED, errno.ECONNRESET: RESET, errno.EPIPE: CLOSED}
_HEARD_BYTES_MAX = 4096  # answers are recognised by how they begin
_RECEIVE_BYTES = 1 << 18
_RECEIVES_A_LOOK = 4  # so that a look takes well below a millisecond
_SEND_BYTES = 1 << 18
_DATA_SEGMENTS_IN = 152  # where struct tcp_info counts the segments that brought data


class Line:
    """A connection to *to*, from an address of its own that is known before it is made."""

    def __init__(self, to: Address, source: str = "") -> None:
        """Take an address; `connect` begins."""
        self.to = to
        self.ended = ""  # refused, reset, closed, lost; empty while it lives
        self.ended_ns = 0
        self.received = 0
        self.heard = b""  # the first that was received
        self.arrivals: list[tuple[int, int]] = []  # nanoseconds, bytes
        self._saying, self._said, self._to_say = b"", 0, 0
        self._last_words = False
        self._connected = False
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock.bind((source or _towards(to), 0))
            self.local: Address = self._sock.getsockname()
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._sock.close()
        self._end(CLOSED)

    def connect(self) -> None:
        """Begin to connect."""
        number = self._sock.connect_ex(self.to)
        if number not in (0, errno.EINPROGRESS):
            self._end(_ENDS.get(number, LOST))

    @property
    def connected(self) -> bool:
        """Whether somebody has taken the connection."""
        if not self._connected and not self.ended:
            poll = select.poll()
            poll.register(self._sock, select.POLLOUT)
            if poll.poll(0):
                number = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                self._connected = number == 0
                if number:
                    self._end(_ENDS.get(number, LOST))
        return self._connected

    def say(self, pattern: bytes, total: int) -> None:
        """Send *total* bytes, *pattern* over and over; as fast as looks allow."""
        # a copy long enough that a send is worth its call
        copies = max(1, min(_SEND_BYTES, total) // len(pattern))
        self._saying, self._said, self._to_say = pattern * copies, 0, total

    def finish(self) -> None:
        """Say that no more will be sent; hear on."""
        self._last_words = True

    def listen_anew(self) -> None:
        """Forget what was received so far."""
        self.received, self.heard, self.arrivals = 0, b"", []

    def look(self) -> None:
        """Receive what is there, and send what fits."""
        if self.ended or not self.connected:
            return
        try:
            self._receive()
            self._send()
        except OSError as error:
            self._end(_ENDS.get(error.errno or 0, LOST))

    def wait(self, ms: float) -> None:
        """Stay until there is something to look at, for a moment that nobody misses."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        poll.poll(ms)

    def over(self) -> bool:
        """Look; whether it has ended."""
        self.look()
        return bool(self.ended)

    def decided(self) -> bool:
        """Whether somebody has taken or refused the connection."""
        return self.connected or bool(self.ended)

    def segments(self) -> int:
        """How many pieces the kernel has received, however few it handed on."""
        known = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return int(struct.unpack_from("I", known, _DATA_SEGMENTS_IN)[0])

    def _receive(self) -> None:
        for _ in range(_RECEIVES_A_LOOK):
            try:
                data = self._sock.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._end(CLOSED)
                return
            self.received += len(data)
            self.heard += data[: _HEARD_BYTES_MAX - len(self.heard)]
            self.arrivals.append((world.monotonic_ns(), len(data)))

    def _send(self) -> None:
        while self._said < self._to_say and not self.ended:
            at = self._said % len(self._saying)
            piece = memoryview(self._saying)[at : at + self._to_say - self._said]
            try:
                self._said += self._sock.send(piece)
            except BlockingIOError:
                return
        if self._last_words and not self.ended:
            self._last_words = False
            self._sock.shutdown(socket.SHUT_WR)

    def _end(self, how: str) -> None:
        if not self.ended:
            self.ended, self.ended_ns = how, world.monotonic_ns()


def _towards(to: Address) -> str:
    """The address of this machine from which *to* is reached; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.connect(to)
        return str(door.getsockname()[0])
