"""One small question about itself to a server, on a connection that is kept and never waited for.

The words are the system's: `chaos_ext.<system>.vitals` has `hello(login)`, what is said first,
`QUESTION`, what is asked each time, and `answer(heard)`, which takes a whole answer from what was
heard and tells its numbers, or None while some of it is missing. A system without that module has
nothing to say.
"""

from __future__ import annotations

import errno
import os
import socket
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE_S = 2.0  # a connection that leads nowhere is given up; one to a frozen server, too
_HEARD_MOST = 65_536


class Words(Protocol):
    """How a system is asked."""

    QUESTION: bytes

    def hello(self, login: Sequence[str]) -> bytes:
        """What a new connection says first."""

    def answer(self, heard: bytearray) -> Mapping[str, int] | None:
        """The numbers of one whole answer, which is taken from *heard*."""


def words(system: str) -> Words | None:
    """The words of a system; None where it has none."""
    name = f"chaos_ext.{system}.vitals"
    try:
        found: Words = import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name not in (name, name.rpartition(".")[0]):
            raise
        return None
    return found if hasattr(found, "QUESTION") else None


class Question:
    """What one server is asked, and what it answered last."""

    def __init__(self, words: Words, address: tuple[str, int], login: Sequence[str]) -> None:
        """Nobody is asked yet."""
        self._words, self._address, self._login = words, address, tuple(login)
        self._line: socket.socket | None = None
        self._heard = bytearray()
        self._unsent = b""
        self._asked_ns = 0  # 0 when nothing is outstanding

    @property
    def fd(self) -> int:
        """What to wait on for the answer; -1 when none is expected."""
        return self._line.fileno() if self._line and self._asked_ns else -1

    def ask(self) -> None:
        """Ask, unless an answer is still outstanding; a connection that is lost is replaced first."""
        now_ns = world.monotonic_ns()
        if self._asked_ns and now_ns - self._asked_ns > PATIENCE_S * 1e9:
            self.close()
        try:
            if self._line is None:
                self._unsent = self._words.hello(self._login)
                self._line = self._connected()
            if not self._asked_ns:
                self._unsent += self._words.QUESTION
                self._asked_ns = now_ns
            self._send(self._line)
        except OSError:
            self.close()

    def answered(self) -> Mapping[str, int]:
        """What has been answered by now; empty while nothing has."""
        if self._line is None or not self._asked_ns:
            return {}
        try:
            if self._unsent:
                self._send(self._line)
            more = self._line.recv(_HEARD_MOST)
            self._heard += more
            told = self._words.answer(self._heard) if more else None
        except BlockingIOError:
            return {}
        except (
            OSError,
            ValueError,
        ):  # lost, or it refuses to speak, or speaks another language
            self.close()
            return {}
        if not more:  # it hung up
            self.close()
        if told:
            self._asked_ns = 0
        return told or {}

    def close(self) -> None:
        """Hang up; the next `ask` calls again."""
        if self._line is not None:
            self._line.close()
        self._line, self._asked_ns, self._unsent = None, 0, b""
        self._heard.clear()

    def _connected(self) -> socket.socket:
        """A connection, or one that is about to be."""
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        line = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = line.connect_ex((host, port))
        if code not in (0, errno.EINPROGRESS):
            line.close()
            raise OSError(code, os.strerror(code))
        return line

    def _send(self, line: socket.socket) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[line.send(self._unsent) :]
        except BlockingIOError:  # it is not connected yet
            return
