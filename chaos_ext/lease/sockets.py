"""Who holds the socket at an address, as the kernel tells it, and whether it answers there.

That somebody accepts connections says little: it may be a stranger, or a server that still
reads its data and will not get to the end of it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.lease.listeners import listeners

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_S_MAX = 0.5
_ANYWHERE = "0.0.0.0"  # noqa: S104 - read, not listened at


def holds(pid: int, host: str, port: int) -> bool:
    """Whether that very process holds a socket that listens at the IPv4 address."""
    places = {(host, port), (_ANYWHERE, port)}
    there = {inode for *place, inode in listeners() if tuple(place) in places}
    return bool(there & _sockets_of(pid))


def accepts(host: str, port: int) -> bool:
    """Whether anybody accepts connections there."""
    with suppress(OSError), socket.create_connection((host, port), timeout=ANSWER_S_MAX):
        return True
    return False


def answers(host: str, port: int, alive: Mapping[str, str]) -> bool:
    """Whether what is sent to the address is answered as *alive* expects it."""
    expected, got = alive["expect"].encode(), b""
    with (
        suppress(OSError),
        socket.create_connection((host, port), timeout=ANSWER_S_MAX) as door,
    ):
        door.sendall(alive["send"].encode())
        while len(got) < len(expected) and (piece := door.recv(len(expected) - len(got))):
            got += piece
    return got == expected


def _sockets_of(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it has ended, or is another user's
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed by now
                found.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))  # noqa: PTH115
    return found
