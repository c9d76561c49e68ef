"""Guests at a server's door: whether one more connection is served, found out without waiting for it."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVED, REFUSED, WAITING = "served", "refused", "waiting"
SILENT_S = 0.5  # a server that serves answers a thousand times faster
_BEGUN = (0, errno.EINPROGRESS)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server is, and a question by which one knows that it serves."""

    host: str
    port: int
    send: bytes = b""
    expect: bytes = b""

    @classmethod
    def of(cls, way: Mapping[str, Any]) -> Door:
        """The service address of *way*."""
        host, port = way["service"]
        alive = way.get("alive") or {}
        question = (alive.get(word, "").encode() for word in ("send", "expect"))
        return cls(str(host), int(port), *question)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    @property
    def known(self) -> bool:
        """Whether there is a question to ask."""
        return bool(self.expect)


class Guest:
    """One connection, with the question asked."""

    def __init__(self, door: Door) -> None:
        """Knock; nothing here waits."""
        self._door = door
        self._got = b""
        self._since_ns = world.monotonic_ns()
        self._asked = False
        self._state = WAITING
        self._socket = socket.socket()
        self._socket.setblocking(False)
        if self._socket.connect_ex(door.address) not in _BEGUN:
            self._state = REFUSED

    def state(self) -> str:
        """Served, refused, or still waiting."""
        if self._state == WAITING:
            with suppress(BlockingIOError):
                try:
                    self._look()
                except OSError as error:
                    if error.errno in (errno.ENOTCONN, errno.EAGAIN):
                        return self._state
                    self._state = REFUSED
        return self._state

    def silent(self) -> bool:
        """Whether nobody has said anything to it for so long that nobody serves it."""
        waited_s = (world.monotonic_ns() - self._since_ns) / 1e9
        return self.state() == WAITING and waited_s >= SILENT_S

    def unserved(self) -> bool:
        """Whether it was refused, or is met with silence."""
        return self.state() == REFUSED or self.silent()

    def decided(self) -> bool:
        """Whether it is known what becomes of it."""
        return self.state() != WAITING or self.silent()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _look(self) -> None:
        if not self._asked:
            self._socket.send(self._door.send)
            self._asked = True
        piece = self._socket.recv(len(self._door.expect))
        self._got += piece
        if self._got[: len(self._door.expect)] == self._door.expect:
            self._state = SERVED
        elif not piece or not self._door.expect.startswith(self._got):
            self._state = REFUSED


class Guests:
    """So many at once, each still there when the next one knocks."""

    def __init__(self, door: Door, count: int) -> None:
        """Nobody knocks before `unserved` is asked."""
        self._door, self._count = door, count
        self._guests: list[Guest] = []

    def unserved(self) -> int | None:
        """How many of them are not served; None while that is not known. They leave when it is."""
        if not self._guests:
            self._guests = [Guest(self._door) for _ in range(self._count)]
        if not all(guest.decided() for guest in self._guests):
            return None
        count = sum(guest.unserved() for guest in self._guests)
        self.leave()
        return count

    def leave(self) -> None:
        """Nobody of them is left."""
        for guest in self._guests:
            guest.close()
        self._guests = []
