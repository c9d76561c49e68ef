"""A partition made by the kernel: packets between the nodes that must not see each other are dropped.

Who is told of it: nobody, as in a real one. Measured with datagrams, each direction apart.
"""

from __future__ import annotations

import os
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, FaultDidNotLand
from chaos_ext.network.drops import CLIENT, LOOK_MS_MAX, Dropping
from chaos_ext.network.nft import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.network.nft import Pair
    from chaos_ext.network.shapes import Cuts


class PacketCut(Dropping):
    """Drops the packets of *cuts* between the addresses of the nodes."""

    def __init__(
        self, lease: str, cuts: Cuts, addresses: Mapping[str, tuple[str, ...]], netns: str = ""
    ) -> None:
        """*addresses* are those of every node that takes part, cut off or not."""
        self._cuts, self._addresses = cuts, addresses
        self._open: set[Pair] = set()  # passed before there was a partition
        pairs = {(a, b): self._between(a, b) for a, b in permutations(addresses, 2)}
        self._dropped = [pair for cut in sorted(cuts) for pair in pairs[cut]]
        self._all = [pair for each in pairs.values() for pair in each]
        at = [each for all_ in addresses.values() for each in all_]
        super().__init__(lease, netns, at, self._dropped)  # after a crash nobody knows more

    def inject(self) -> None:
        """See what passes, and put the rules in place."""
        self._must_pass = set()  # nothing was done so far
        self._refuse_shared_addresses()
        self._datagrams = self._opened()
        self._open = self._datagrams.passing(self._all, LOOK_MS_MAX)
        if not self._open & set(self._dropped):
            raise FaultDidNotLand("no packet passed between the nodes before they were cut off")
        self._drops.put([Rule(tuple(self._dropped))])
        self._must_pass = self._open & set(self._dropped)
        self._datagrams.forget()
        self._datagrams.send(self._all)

    def landed(self) -> dict[str, Any] | None:
        """Where it is cut nothing arrives and the kernel counts it; elsewhere all arrives."""
        met = self._drops.met()
        if met is None or self._datagrams is None:
            return None
        self._datagrams.look()
        through = set(self._datagrams.arrived)
        self._datagrams.send(self._all)
        dropped = set(self._dropped)
        cut_everywhere = not through & dropped and all(
            met[each] for each in dropped & self._open
        )
        if not cut_everywhere or self._open - dropped - through:
            return None
        packets = {
            f"{a} > {b}": sum(met[pair] for pair in self._between(a, b))
            for a, b in sorted(self._cuts)
        }
        return {"by": "nft", "dropped": packets, "held_by": os.getpid()}

    def _between(self, a: str, b: str) -> list[Pair]:
        return list(product(self._addresses[a], self._addresses[b]))

    def _refuse_shared_addresses(self) -> None:
        owners = {CLIENT: "every client"}
        for node, addresses in sorted(self._addresses.items()):
            for address in addresses:
                other = owners.setdefault(address, node)
                if other != node:
                    raise BadArgument(
                        f"{node} and {other} share the address {address}: packets cannot tell them "
                        "apart; give each server an address of its own, or use a proxied lab"
                    )
