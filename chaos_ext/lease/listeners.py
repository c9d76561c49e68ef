"""The sockets that listen on this machine, told by the kernel at once.

The table in /proc/net/tcp holds every connection as well, also those that are over and only wait:
with 17,000 of them it takes 0.4 s to read, and whoever heals asks again and again.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Listener = tuple[str, int, str]  # address, port, inode of the socket

_SOCK_DIAG, _BY_FAMILY, _DONE = 4, 20, 3  # the kernel's own numbers
_ERROR = 2
_REQUEST_AND_DUMP = 0x301
_LISTEN = 10  # the state of a socket
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ASKED = struct.Struct("=BBBBI48x")  # family, protocol, extensions, padding, states, any socket
_PORT, _HOST, _INODE = 4, 8, 68  # where an answer has them
_ANSWER_BYTES_MAX = 1 << 16
_LOCAL_COLUMN, _STATE_COLUMN, _INODE_COLUMN = 1, 3, 9


def listeners() -> set[Listener]:
    """All of IPv4."""
    try:
        return set(_told(_answers()))
    except OSError:  # a kernel that was built without it
        return set(of_table(Path("/proc/net/tcp").read_text(encoding="ascii")))


def of_table(table: str) -> Iterator[Listener]:
    """Those in the text of /proc/net/tcp."""
    for line in table.splitlines()[1:]:
        row = line.split()
        if int(row[_STATE_COLUMN], 16) == _LISTEN:
            # the table shows the address as a number of this machine, the port as one of the network
            host, port = (int(number, 16) for number in row[_LOCAL_COLUMN].split(":"))
            address = socket.inet_ntoa(host.to_bytes(4, sys.byteorder))
            yield address, port, row[_INODE_COLUMN]


def _answers() -> Iterator[bytes]:
    body = _ASKED.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << _LISTEN)
    header = _HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST_AND_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as door:
        door.sendall(header + body)
        while True:
            data = door.recv(_ANSWER_BYTES_MAX)
            while data:
                length, kind, *_ = _HEADER.unpack_from(data)
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    raise OSError(-struct.unpack_from("=i", data, _HEADER.size)[0], "sock_diag")
                yield data[_HEADER.size : length]
                data = data[(length + 3) & ~3 :]


def _told(answers: Iterable[bytes]) -> Iterator[Listener]:
    for answer in answers:
        (port,) = struct.unpack_from("!H", answer, _PORT)
        (inode,) = struct.unpack_from("=I", answer, _INODE)
        yield socket.inet_ntoa(answer[_HOST : _HOST + 4]), port, str(inode)
