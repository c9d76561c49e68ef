"""Packets that are dropped for as long as we live: an nftables table that its socket owns.

The kernel removes the table when the socket is closed, by whatever death of its holder; nobody
else can change or delete it meanwhile. The chain is on the input hook: on output the sender
would be told that it may not send, which no broken network does.
"""

from __future__ import annotations

import errno
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.network import expressions as say
from chaos_ext.network.netlink import (
    APPEND,
    CREATE,
    Message,
    Netlink,
    each_attribute,
    nested,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX = "chaos_ext_"
_NEW_TABLE, _GET_TABLE, _NEW_CHAIN, _NEW_RULE, _GET_RULE = 0, 1, 3, 6, 7
_NEW_SET, _NEW_ELEMENTS, _GET_ELEMENTS = 9, 12, 13
_TABLE_NAME, _TABLE_FLAGS, _TABLE_OWNER = 1, 2, 7
_OWNED = 0x2
_LOCAL_IN = 1
_CHAIN = "input"
_ELEMENTS_A_MESSAGE = 500  # an attribute holds at most 64 KB
_WHY = {
    errno.EPERM: "not permitted: needs root (CAP_NET_ADMIN)",
    errno.EPROTONOSUPPORT: "this kernel has no nf_tables",
    errno.EOPNOTSUPP: "this kernel's nf_tables is too old: tables with an owner need Linux 5.12",
}
Pair = tuple[str, str]  # an address, and the one that it sends to; empty for any


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the packets between the *pairs*.

    All pairs of a rule are of one shape: both addresses, or only the first, or only the second.
    """

    pairs: tuple[Pair, ...]
    share: float = 1.0  # of the packets, by chance
    drop: bool = True  # False: they pass, whatever the later rules say


class Table:
    """The rules of one lease, in place until `close`."""

    def __init__(self, lease: str, rules: Sequence[Rule], netns: str = "") -> None:
        """Put all *rules* in place at once, in the network namespace *netns*."""
        self.name = PREFIX + lease
        self._rules = tuple(rules)
        self._netlink = Netlink(netns)
        try:
            self._netlink.commit([*self._frame(), *self._filled()])
        except OSError:
            self._netlink.close()
            raise

    def close(self) -> None:
        """The kernel removes it, before this returns."""
        self._netlink.close()

    def met(self) -> dict[Pair, int]:
        """How many packets were sent between the pairs of all rules, dropped or not."""
        found: dict[Pair, int] = {}
        for index, rule in enumerate(self._rules):
            asked = text(1, self.name) + text(2, _set(index))
            for answer in self._netlink.dump(Message(_GET_ELEMENTS, asked)):
                for _, element in each_attribute(answer.get(3, b"")):
                    key, packets = say.element_read(element)
                    found[_pair(key, rule.pairs[0])] = packets
        return found

    def dropped(self) -> int:
        """How many packets were dropped."""
        asked = text(1, self.name) + text(2, _CHAIN)
        rules = self._netlink.dump(Message(_GET_RULE, asked))  # in their order
        told = zip(self._rules, rules, strict=True)
        return sum(say.counted(found[4]) for rule, found in told if rule.drop)

    def _frame(self) -> list[Message]:
        hook = nested(4, number(1, _LOCAL_IN), number(2, 0))
        chain = text(1, self.name) + text(3, _CHAIN) + hook + text(7, "filter")
        table = text(_TABLE_NAME, self.name) + number(_TABLE_FLAGS, _OWNED)
        return [Message(_NEW_TABLE, table, CREATE), Message(_NEW_CHAIN, chain, CREATE)]

    def _filled(self) -> Iterator[Message]:
        for index, rule in enumerate(self._rules):
            keys = [_key(pair) for pair in rule.pairs]
            fields = text(1, self.name) + text(2, _set(index))
            asked = say.new_set(len(keys[0])) + number(10, index + 1)
            yield Message(_NEW_SET, fields + asked, CREATE)
            for first in range(0, len(keys), _ELEMENTS_A_MESSAGE):
                some = keys[first : first + _ELEMENTS_A_MESSAGE]
                body = fields + nested(3, *(say.element(key) for key in some))
                yield Message(_NEW_ELEMENTS, body, CREATE)
            steps = [*_match(rule.pairs[0], _set(index)), *say.by_chance(rule.share)]
            steps += [say.count(), say.verdict(drop=rule.drop)]
            body = text(1, self.name) + text(2, _CHAIN) + nested(4, *steps)
            yield Message(_NEW_RULE, body, CREATE | APPEND)


def possible(netns: str = "") -> str:
    """Why packets cannot be dropped here; empty when they can: it was tried, and undone."""
    try:
        Table(
            f"trial_{world.token()}", [Rule((("127.0.0.1", "127.255.255.254"),))], netns
        ).close()
    except OSError as error:
        return _WHY.get(error.errno or 0, str(error))
    return ""


def tables(netns: str = "") -> dict[str, int]:
    """The tables in place that bear our mark, and the port of the socket that owns each."""
    try:
        with closing(Netlink(netns)) as netlink:
            found = netlink.dump(Message(_GET_TABLE, b""))
    except OSError as error:
        if error.errno in _WHY:  # whoever may not ask has none
            return {}
        raise
    named = {table[_TABLE_NAME].rstrip(b"\0").decode(): table for table in found}
    return {
        name: int.from_bytes(table.get(_TABLE_OWNER, b"\0"), "big")
        for name, table in named.items()
        if name.startswith(PREFIX)
    }


def holder(port: int) -> int:
    """The pid of the process that has the netlink socket with that *port*; 0 when unknown."""
    inodes = set()
    for line in Path("/proc/net/netlink").read_text(encoding="ascii").splitlines()[1:]:
        _, protocol, owner, *_, inode = line.split()
        if protocol == "12" and int(owner) == port:
            inodes.add(f"socket:[{inode}]")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in inodes:
                return int(link.parts[2])
        except OSError:  # it was closed meanwhile, or is another user's
            continue
    return 0


def _set(index: int) -> str:
    return f"pairs_{index}"


def _key(pair: Pair) -> bytes:
    return b"".join(socket.inet_aton(address) for address in pair if address)


def _pair(key: bytes, like: Pair) -> Pair:
    addresses = [socket.inet_ntoa(key[at : at + 4]) for at in range(0, len(key), 4)]
    source, destination = (addresses.pop(0) if known else "" for known in like)
    return source, destination


def _match(like: Pair, name: str) -> list[bytes]:
    loads = [
        say.load(offset, register)
        for register, offset in enumerate(
            offset
            for offset, known in zip((say.SOURCE, say.DESTINATION), like, strict=True)
            if known
        )
    ]
    return [*loads, say.lookup(name)]
