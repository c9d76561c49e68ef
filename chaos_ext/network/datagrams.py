"""Whether packets pass between two addresses, measured with datagrams of our own.

On loopback a datagram has arrived, or was dropped, when sending returns; under load it may be
a moment later. So nothing here waits: send, and look the next time.
"""

from __future__ import annotations

import select
import socket
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.network import namespaces

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chaos_ext.network.nft import Pair

_BUFFER_BYTES = 1 << 20  # a burst must not be lost for want of room
_DATAGRAM_BYTES_MAX = 64


class Datagrams:
    """One socket at each of *addresses*; sends between them and counts what arrives."""

    def __init__(self, addresses: Iterable[str], netns: str = "") -> None:
        """Open the sockets in the network namespace *netns*."""
        self.sent: Counter[Pair] = Counter()
        self.arrived: Counter[Pair] = Counter()
        self._round = b""
        self._doors: dict[str, socket.socket] = {}
        try:
            for address in set(addresses):
                self._doors[address] = namespaces.made_in(netns, lambda at=address: _door(at))  # type: ignore[misc]
        except BaseException:
            self.close()
            raise
        self._names = {door.getsockname(): at for at, door in self._doors.items()}
        self.forget()

    def close(self) -> None:
        """Close the sockets."""
        for door in self._doors.values():
            door.close()
        self._doors.clear()

    def forget(self) -> None:
        """Count from zero; what is still on its way will not be counted."""
        self.sent.clear()
        self.arrived.clear()
        self._round = world.token().encode()

    def send(self, pairs: Iterable[Pair], times: int = 1) -> None:
        """Send *times* datagrams along each of *pairs*."""
        for source, destination in pairs:
            to = self._doors[destination].getsockname()
            for _ in range(times):
                with suppress(OSError):  # a sender that is told so has not got through either
                    self._doors[source].sendto(self._round, to)
            self.sent[source, destination] += times

    def look(self) -> None:
        """Count what has arrived."""
        for destination, door in self._doors.items():
            for data, sender in _received(door):
                if data == self._round and sender in self._names:
                    self.arrived[self._names[sender], destination] += 1

    def passing(self, pairs: Collection[Pair], within_ms: int, times: int = 1) -> set[Pair]:
        """Those of *pairs* along which *times* datagrams all get through."""
        self.forget()
        self.send(pairs, times)
        poll = select.poll()
        for door in self._doors.values():
            poll.register(door, select.POLLIN)
        until_ns = world.monotonic_ns() + within_ms * 1_000_000
        self.look()
        while not self._complete(pairs) and (left_ns := until_ns - world.monotonic_ns()) > 0:
            poll.poll(left_ns / 1e6)
            self.look()
        return {pair for pair in pairs if self.arrived[pair] >= times}

    def _complete(self, pairs: Iterable[Pair]) -> bool:
        return all(self.arrived[pair] >= self.sent[pair] for pair in pairs)


def _door(address: str) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        door.bind((address, 0))
    except OSError as error:
        door.close()
        raise BadArgument(
            f"{address} is no address of this machine ({error.strerror}): "
            "packets to it are not ours to drop"
        ) from error
    door.setblocking(False)
    return door


def _received(door: socket.socket) -> Iterable[tuple[bytes, tuple[str, int]]]:
    with suppress(BlockingIOError):
        while True:
            yield door.recvfrom(_DATAGRAM_BYTES_MAX)
