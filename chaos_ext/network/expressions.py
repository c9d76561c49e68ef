"""The few steps our packet filter's rules are made of, as nftables spells them."""

from __future__ import annotations

import struct

from chaos_ext.network.netlink import (
    attribute,
    attributes,
    each_attribute,
    nested,
    number,
    text,
)

SOURCE, DESTINATION = 12, 16  # where an IPv4 header has its addresses
_NETWORK_HEADER = 1
_REGISTER = 8  # the first of four bytes
_ELEMENT = 1  # of any list
_ADDRESS_TYPE, _TYPE_BITS = 7, 6  # only `nft list` needs these
_RANDOM = 1
_OF = 1_000_000  # the dice have so many sides
_TO_NETWORK_ORDER, _LESS = 1, 2
_DROP, _ACCEPT = 0, 1
_PACKETS = 2


def load(offset: int, register: int) -> bytes:
    """Four bytes of the packet's header into a register."""
    place = number(2, _NETWORK_HEADER) + number(3, offset) + number(4, 4)
    return _step("payload", number(1, _REGISTER + register) + place)


def lookup(name: str) -> bytes:
    """Go on when what was loaded is in the set *name*."""
    return _step("lookup", text(1, name) + number(2, _REGISTER))


def by_chance(share: float) -> list[bytes]:
    """Go on with *share* of the packets."""
    if share >= 1:
        return []
    dice = number(1, _REGISTER) + number(2, _OF) + number(3, _RANDOM)
    turned = number(1, _REGISTER) + number(2, _REGISTER) + number(3, _TO_NETWORK_ORDER)
    below = nested(3, number(1, round(share * _OF)))
    return [
        _step("numgen", dice),
        _step("byteorder", turned + number(4, 4) + number(5, 4)),
        _step("cmp", number(1, _REGISTER) + number(2, _LESS) + below),
    ]


def count() -> bytes:
    """Count what comes this far."""
    return _step("counter", b"")


def verdict(*, drop: bool) -> bytes:
    """The end of a packet's way, or of our interest in it."""
    code = nested(2, number(1, _DROP if drop else _ACCEPT))
    return _step("immediate", number(1, 0) + nested(2, code))


def new_set(key_bytes: int) -> bytes:
    """A set of keys of one or two addresses; each counts how often it was met."""
    kind = _ADDRESS_TYPE
    for _ in range(4, key_bytes, 4):
        kind = kind << _TYPE_BITS | _ADDRESS_TYPE
    return (
        number(3, 0) + number(4, kind) + number(5, key_bytes) + nested(17, *_inner("counter"))
    )


def element(key: bytes) -> bytes:
    """One key of a set."""
    return nested(_ELEMENT, nested(1, attribute(1, key)))


def element_read(element: bytes) -> tuple[bytes, int]:
    """The key of a set's element, and how many packets met it."""
    fields = attributes(element)
    return attributes(fields[1])[1], _packets(fields[7])


def counted(steps: bytes) -> int:
    """What the counter among a rule's *steps* shows."""
    for _, step in each_attribute(steps):
        if attributes(step)[1].startswith(b"counter"):
            return _packets(step)
    return 0


def _packets(step: bytes) -> int:
    packets: int = struct.unpack("!Q", attributes(attributes(step)[2])[_PACKETS])[0]
    return packets


def _step(name: str, data: bytes) -> bytes:
    return nested(_ELEMENT, *_inner(name, data))


def _inner(name: str, data: bytes = b"") -> tuple[bytes, bytes]:
    return text(1, name), nested(2, data)
