"""Who holds the socket at an address, as the kernel tells it, and whether it answers there.

That somebody accepts connections says little: it may be a stranger, or a server that still
reads its data and will not get to the end of it.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_S_MAX = 0.5
_LOCAL, _STATE, _INODE = 1, 3, 9  # columns of /proc/net/tcp
_LISTENS = "0A"
_ANYWHERE = "00000000"


def holds(pid: int, host: str, port: int) -> bool:
    """Whether that very process holds a socket that listens at the IPv4 address."""
    table = Path("/proc/net/tcp").read_text(encoding="ascii")
    return bool(listening(table, host, port) & _sockets_of(pid))


def listening(table: str, host: str, port: int) -> set[str]:
    """The inodes of the sockets that listen at the address, by the kernel's *table*."""
    # the table shows the address as a number of this machine, the port as one of the network
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    places = {f"{number:08X}:{port:04X}", f"{_ANYWHERE}:{port:04X}"}
    rows = (line.split() for line in table.splitlines()[1:])
    return {r[_INODE] for r in rows if r[_STATE] == _LISTENS and r[_LOCAL] in places}


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
