"""The dropped packets of one lease: held by us, by whoever crashed, or by nobody any more.

What was dropped is measured with datagrams, and so is that nothing is any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, HealFailed
from chaos_ext.network import nft
from chaos_ext.network.datagrams import Datagrams

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaos_ext.network.nft import Pair, Rule

LOOK_MS_MAX = 20
CLIENT = "127.0.0.1"  # from where everybody speaks who is no node of a lab


def addresses(way: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of a server, and those that others are told, each once."""
    return tuple(dict.fromkeys((way["bind"][0], way["service"][0])))


class Drops:
    """Rules in place for *lease*, in the network namespace *netns*."""

    def __init__(self, lease: str, netns: str = "") -> None:
        self._lease, self._netns = lease, netns
        self._name = nft.PREFIX + lease
        self._table: nft.Table | None = None

    def put(self, rules: Sequence[Rule]) -> None:
        """Put all of them in place at once."""
        self._table = nft.Table(self._lease, rules, self._netns)

    def met(self) -> dict[Pair, int] | None:
        """How many packets met the rules, by the pair; None when the rules are gone."""
        return self._table.met() if self._table and self.standing() else None

    def dropped(self) -> int:
        """How many packets were dropped so far."""
        return self._table.dropped() if self._table else 0

    def let_go(self) -> None:
        """Have the kernel remove them; those of a holder who died are gone already."""
        if self._table:
            self._table.close()
            self._table = None
            return
        port = nft.tables(self._netns).get(self._name)
        if port is None:
            return
        pid = nft.holder(port)
        named = f"pid {pid}" if pid else "somebody"
        raise HealFailed(f"{named} still holds the table {self._name}; end it")

    def standing(self) -> bool:
        """Whether they are in place."""
        return self._name in nft.tables(self._netns)

    def alone(self) -> bool:
        """Whether no other lease drops packets here, so that what is measured is ours."""
        return not set(nft.tables(self._netns)) - {self._name}


class Dropping:
    """How whatever drops packets is undone, and seen to be undone."""

    def __init__(
        self,
        lease: str,
        netns: str,
        at: Iterable[str],
        must_pass: Iterable[Pair],
        datagrams_each: int = 1,
    ) -> None:
        """Datagrams go between the addresses *at*; *must_pass* is where they do when it is over."""
        self._netns = netns
        self._at = tuple(at)
        self._drops = Drops(lease, netns)
        self._datagrams: Datagrams | None = None
        self._must_pass = set(must_pass)
        self._datagrams_each = datagrams_each

    def heal(self) -> None:
        """Let go of the rules; nothing else was done."""
        self._drops.let_go()

    def healed(self) -> bool:
        """No rule is left, and every datagram arrives, unless somebody else drops them."""
        if self._drops.standing():
            return False
        if self._datagrams is None:  # after a crash, or nothing was ever done
            try:
                self._datagrams = self._opened()
            except BadArgument:  # the addresses are gone as well
                return True
        passing = self._datagrams.passing(self._must_pass, LOOK_MS_MAX, self._datagrams_each)
        if self._drops.alone() and self._must_pass - passing:
            return False
        self._datagrams.close()
        self._datagrams = None
        return True

    def _opened(self) -> Datagrams:
        return Datagrams(self._at, self._netns)
