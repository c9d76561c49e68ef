"""One plain socket to a server, for whoever must not wait for a driver: the guardian, and healing."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from chaos_ext.errors import TargetUnreachable
from chaos_ext.redis.wire import ErrorReply, Reply, encode, parse

if TYPE_CHECKING:
    from typing import Self

_PIECE = 1 << 16


class Plain:
    """Asks one thing after the other; TargetUnreachable where no answer comes in time."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Connect; *timeout_s* is for that and for each piece of an answer."""
        self._where = f"{host}:{port}"
        self._buffer = bytearray()
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
        except OSError as error:
            raise TargetUnreachable(f"{self._where}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def ask(self, *words: bytes | str | int) -> Reply:
        """The answer, whatever it is."""
        return self.all([words])[0]

    def all(self, commands: list[tuple[bytes | str | int, ...]]) -> list[Reply]:
        """The answers to *commands*, which are sent together."""
        try:
            self._socket.sendall(b"".join(encode(_bytes(words)) for words in commands))
            return [self._reply() for _ in commands]
        except (OSError, ValueError) as error:
            raise TargetUnreachable(f"{self._where}: {error}") from error

    def must(self, *words: bytes | str | int) -> Reply:
        """The answer; an error that the server tells is raised."""
        answer = self.ask(*words)
        if isinstance(answer, ErrorReply):
            raise TargetUnreachable(f"{self._where} refused {words[0]!s}: {answer.text}")
        return answer

    def _reply(self) -> Reply:
        while (found := parse(self._buffer)) is None:
            piece = self._socket.recv(_PIECE)
            if not piece:
                raise ConnectionResetError("closed without an answer")
            self._buffer += piece
        answer, end = found
        del self._buffer[:end]
        return answer


def _bytes(words: tuple[bytes | str | int, ...]) -> tuple[bytes, ...]:
    return tuple(each if isinstance(each, bytes) else str(each).encode() for each in words)


def facts(reply: Reply) -> dict[str, str]:
    """An answer to INFO, or a map as a flat list, by its names."""
    if isinstance(reply, bytes):
        pairs = [line.partition(":") for line in reply.decode(errors="replace").splitlines()]
        return {key: value for key, colon, value in pairs if colon}
    if isinstance(reply, list):
        texts = [each.decode() if isinstance(each, bytes) else str(each) for each in reply]
        return dict(zip(texts[::2], texts[1::2], strict=True))
    raise ValueError(f"no facts in {reply!r}")
