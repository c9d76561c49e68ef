"""Asks a server in its own words, with a reader of the answers that nobody else uses."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import IO, Any, Self

Address = tuple[str, int]
ANSWER_S_MAX = 0.5


class RefusedError(OSError):
    """The server has answered with an error."""


class Line:
    """One connection to one server."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, timeout=ANSWER_S_MAX)
        self._answers: IO[bytes] = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()

    def ask(self, *words: str) -> Any:
        """The answer to one command: text, a number, None, or a list of these."""
        parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self._socket.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
        return self._read()

    def _read(self) -> Any:
        line = self._answers.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("the connection ended")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        match kind:
            case b"+":
                return rest
            case b"-":
                raise RefusedError(rest)
            case b":":
                return int(rest)
            case b"$":
                return self._text(int(rest))
            case b"*":
                return [self._read() for _ in range(max(0, int(rest)))]
        raise RefusedError(f"an answer that nobody understands: {line[:60]!r}")

    def _text(self, length: int) -> str | None:
        if length < 0:
            return None
        return self._answers.read(length + 2)[:-2].decode(errors="replace")


def say(address: Address, *words: str) -> Any:
    """The answer to one command on a connection of its own; None when there is none."""
    with suppress(OSError, ValueError), Line(address) as line:
        return line.ask(*words)
    return None
