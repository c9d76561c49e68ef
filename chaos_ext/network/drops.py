"""The dropped packets of one lease: held by us, by whoever crashed, or by nobody any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import HealFailed
from chaos_ext.network import nft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.network.nft import Pair, Rule


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
