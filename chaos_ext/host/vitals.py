"""What a worker says of itself, four times a second, for the watch over resources: its memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUESTION = b"INFO\r\n"


def hello(login: Sequence[str]) -> bytes:  # noqa: ARG001 - nobody logs in to a worker
    """A worker knows nobody."""
    return b""


def answer(heard: bytearray) -> Mapping[str, int] | None:
    """The numbers of one whole line, taken from *heard*; None while some of it is missing."""
    end = heard.find(b"\n")
    if end < 0:
        return None
    told = json.loads(heard[:end])
    del heard[: end + 1]
    return {
        "memory_server_bytes": int(told["memory_bytes"]),
        "memory_server_limit_bytes": int(told["limit_bytes"]),
    }
