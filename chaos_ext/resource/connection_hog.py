"""The hog that holds connections: `python -m chaos_ext.resource.connection_hog LEASE HOST PORT HELLO`.

Each line that it is told is a number of connections to open in addition; it answers with how many
it holds. The kernel closes them all when it ends.
"""

from __future__ import annotations

import os
import resource
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.resource.hog import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECT_S_MAX = 2.0
SPARE_FILES = 64  # that we have open besides
_CHOSEN_FIRST = 1000


class Holder:
    """Connections to one address."""

    def __init__(self, address: tuple[str, int], hello: bytes) -> None:
        """None so far."""
        self._address, self._hello = address, hello
        self._held: dict[int, socket.socket] = {}
        self._events = select.epoll()
        self._events.register(0, select.EPOLLIN)

    def open(self, more: int) -> None:
        """Open so many more, until the server refuses one."""
        for _ in range(more):
            try:
                made = socket.create_connection(self._address, CONNECT_S_MAX)
                made.sendall(self._hello)
            except OSError:
                return
            made.setblocking(False)
            self._held[made.fileno()] = made
            self._events.register(made, select.EPOLLIN | select.EPOLLRDHUP)

    def serve(self) -> None:
        """Do as we are told, and let go of what the server closes, until our input ends."""
        while True:
            for fd, _ in self._events.poll():
                if fd:
                    self._heard(fd)
                    continue
                told = os.read(0, 4096)
                if not told:
                    return
                self.open(sum(int(line) for line in told.split()))
                self._drop_closed()
                tell(held=len(self._held))

    def _drop_closed(self) -> None:
        for fd, _ in self._events.poll(0, len(self._held) + 1):
            if fd:
                self._heard(fd)

    def _heard(self, fd: int) -> None:
        """What a server says to one that asked nothing is a goodbye, or an answer to our hello."""
        gone = True
        with suppress(OSError):
            gone = not self._held[fd].recv(4096)
        if gone:
            self._held.pop(fd).close()


def main(argv: Sequence[str]) -> int:
    """Take as many files as we may have, and hold connections."""
    _lease, host, port, hello = argv
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_CHOSEN_FIRST), encoding="ascii")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    tell(ready=True)
    Holder((host, int(port)), bytes.fromhex(hello.strip("-"))).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
