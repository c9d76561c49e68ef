"""One line to a worker, and its answer."""

from __future__ import annotations

import socket
from contextlib import suppress

from chaos_ext.errors import TargetUnreachable

TIMEOUT_S = 1.0
_ANSWER_BYTES_MAX = 4096


def ask(address: tuple[str, int], line: str, timeout_s: float = TIMEOUT_S) -> str:
    """What the worker at *address* answers to *line*; TargetUnreachable when it does not."""
    try:
        with socket.create_connection(address, timeout=timeout_s) as door:
            door.settimeout(timeout_s)
            door.sendall(f"{line}\r\n".encode())
            with door.makefile("rb") as answers:
                told = answers.readline(_ANSWER_BYTES_MAX)
    except OSError as error:
        raise TargetUnreachable(f"{address[0]}:{address[1]}: {error}") from error
    if not told.endswith(b"\n"):
        raise TargetUnreachable(f"{address[0]}:{address[1]} ended without an answer")
    return told.decode().strip()


def answers(address: tuple[str, int], timeout_s: float = TIMEOUT_S) -> bool:
    """Whether it answers at all."""
    with suppress(TargetUnreachable):
        return ask(address, "PING", timeout_s) == "+PONG"
    return False
