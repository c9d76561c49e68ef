"""What the kernel's packet filter understands: attributes, messages, one atomic batch.

Written out, because the whole of it is smaller than what a library would ask us to trust:
pyroute2 calls its own nftables interface a prototype, and the `nft` program is not everywhere.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext.network import namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NETLINK_NETFILTER = 12
_ERROR, _DONE = 2, 3  # types of messages the kernel answers with
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
CREATE, APPEND = 0x400, 0x800
_NESTED = 0x8000  # flag of an attribute that holds attributes
_KIND = 0x3FFF
_BEGIN, _END = 16, 17  # of a batch
_NFTABLES = 10
_IPV4 = 2
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_FAMILY = struct.Struct("!BBH")  # family, version, resource; big-endian as all of netfilter
_ANSWER_BYTES_MAX = 1 << 18


def attribute(kind: int, data: bytes) -> bytes:
    """One attribute: length, kind, data, and zeros up to the next multiple of four."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nested(kind: int, *parts: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(parts))


def text(kind: int, value: str) -> bytes:
    """An attribute that is a name."""
    return attribute(kind, value.encode("ascii") + b"\0")


def number(kind: int, value: int) -> bytes:
    """An attribute that is a number of 32 bits."""
    return attribute(kind, struct.pack("!I", value))


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in *data*, by kind; the last of a kind wins."""
    return dict(each_attribute(data))


def each_attribute(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in *data*, in order."""
    while len(data) >= 4:  # noqa: PLR2004 - the length of an attribute's own header
        length, kind = struct.unpack_from("=HH", data)
        yield kind & _KIND, data[4:length]
        data = data[(length + 3) & ~3 :]


@dataclass(frozen=True, slots=True)
class Message:
    """One request to nftables."""

    kind: int
    body: bytes
    flags: int = 0


class Netlink:
    """A socket to the packet filter; what it owns goes with it."""

    def __init__(self, netns: str = "") -> None:
        """Open one in *netns*; anybody may, what is asked over it needs CAP_NET_ADMIN."""
        self._socket = namespaces.made_in(netns, _open)
        self.port: int = self._socket.getsockname()[0]
        self._sequence = 0

    def close(self) -> None:
        """Let go of it, and of all that it owns."""
        self._socket.close()

    def commit(self, messages: Sequence[Message]) -> None:
        """All of *messages* or nothing of them."""
        first = self._sequence + 1
        batch = [self._packed(_BEGIN, _FAMILY.pack(0, 0, _NFTABLES))]
        batch += [self._asked(each, _ACK) for each in messages]
        batch += [self._packed(_END, _FAMILY.pack(0, 0, _NFTABLES))]
        self._socket.send(b"".join(batch))
        answered = set()
        for kind, sequence, body in self._answers():
            if kind == _ERROR and sequence >= first:
                _raise(body)
                answered.add(sequence)
        if len(answered) < len(messages):
            raise OSError(errno.EPROTO, "the packet filter did not answer every request")

    def dump(self, message: Message) -> list[dict[int, bytes]]:
        """The attributes of everything that *message* asks for."""
        self._socket.send(self._asked(message, _DUMP))
        found = []
        asked = self._sequence
        for kind, sequence, body in self._answers():
            if sequence != asked:
                continue
            if kind == _ERROR:
                _raise(body)
            elif kind != _DONE:
                found.append(attributes(body[_FAMILY.size :]))
        return found

    def _asked(self, message: Message, flags: int) -> bytes:
        body = _FAMILY.pack(_IPV4, 0, 0) + message.body
        return self._packed(_NFTABLES << 8 | message.kind, body, flags | message.flags)

    def _packed(self, kind: int, body: bytes, flags: int = 0) -> bytes:
        self._sequence += 1
        length = _HEADER.size + len(body)
        header = _HEADER.pack(length, kind, flags | _REQUEST, self._sequence, 0)
        return header + body + bytes(-length % 4)

    def _answers(self) -> Iterator[tuple[int, int, bytes]]:
        """What the kernel answered: it has, by the time that sending returns."""
        while True:
            try:
                data = self._socket.recv(_ANSWER_BYTES_MAX)
            except BlockingIOError:
                return
            while data:
                length, kind, _, sequence, _ = _HEADER.unpack_from(data)
                yield kind, sequence, data[_HEADER.size : length]
                data = data[(length + 3) & ~3 :]


def _open() -> socket.socket:
    door = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
    door.bind((0, 0))
    door.setblocking(False)
    return door


def _raise(body: bytes) -> None:
    number = -struct.unpack_from("=i", body)[0]
    if number:
        raise OSError(number, os.strerror(number))
