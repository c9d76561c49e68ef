"""Loss made by the kernel: packets from and to a server's addresses are dropped by chance.

Measured with datagrams, each direction apart: as many are missing as chance allows for.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from chaos_ext.errors import BadArgument, FaultDidNotLand
from chaos_ext.network.drops import CLIENT, LOOK_MS_MAX, Dropping, addresses
from chaos_ext.network.nft import Rule

if TYPE_CHECKING:
    from chaos_ext.network.datagrams import Datagrams
    from chaos_ext.network.nft import Pair

Way: TypeAlias = Mapping[str, Any]
_BURST = 100  # datagrams a look, in each direction
_DATAGRAMS_MIN = 400
_DEVIATIONS = 4  # by chance, one measurement in sixteen thousand lies further off
_FREE = 50  # so many must all arrive when it is over


class PacketLoss(Dropping):
    """Drops a *share* of the packets between a server and all others, or one *peer*."""

    def __init__(
        self, lease: str, share: float, way: Way, peer: Way | None = None, netns: str = ""
    ) -> None:
        """*way* and *peer* are the ways to the two."""
        self._share = share
        self._way, self._peer = way, peer
        self._landed: dict[str, Any] | None = None
        here, there = way["service"][0], peer["bind"][0] if peer else CLIENT
        self._hit: list[Pair] = [(there, here), (here, there)]
        self._spared: list[Pair] = [(CLIENT, here), (here, CLIENT)] if peer else []
        at = {each for pair in (*self._hit, *self._spared) for each in pair}
        super().__init__(lease, netns, at, self._hit, _FREE)

    def inject(self) -> None:
        """See that packets pass, and put the rules in place."""
        self._must_pass = set()  # nothing was done so far
        node = self._way["node"]
        if CLIENT in addresses(self._way):
            raise BadArgument(
                f"network.loss: {node} has the address {CLIENT}, as every client has; "
                "give it an address of its own, or use a proxied lab"
            )
        self._datagrams = self._opened()
        if len(self._datagrams.passing(self._hit, LOOK_MS_MAX)) < len(self._hit):
            raise FaultDidNotLand(f"{node}: packets were missing before any were dropped")
        self._drops.put(self._rules())
        self._must_pass = set(self._hit)
        self._datagrams.forget()
        self._send(self._datagrams)

    def landed(self) -> dict[str, Any] | None:
        """As many datagrams are missing as was asked for; later on, whether the rules stand."""
        if self._datagrams is None or not self._drops.standing():
            return None
        if self._landed is None:
            self._datagrams.look()  # what was sent the last time has arrived, or will not
            if all(map(self._is_likely, self._hit)) and not any(map(self._lost, self._spared)):
                self._landed = self._told(self._datagrams)
            else:
                self._send(self._datagrams)
        return self._landed

    def _rules(self) -> list[Rule]:
        here = addresses(self._way)
        if self._peer:
            there = addresses(self._peer)
            pairs = (*product(here, there), *product(there, here))
            return [Rule(pairs, self._share)]
        bind, service = self._way["bind"][0], self._way["service"][0]
        # a proxy dials its server from there; what it lost on both sides would be lost twice
        own = ((CLIENT, bind), (bind, CLIENT)) if bind != service else ()
        return [
            *([Rule(own, drop=False)] if own else []),
            Rule(tuple((each, "") for each in here), self._share),
            Rule(tuple(("", each) for each in here), self._share),
        ]

    def _send(self, datagrams: Datagrams) -> None:
        datagrams.send(self._hit, _BURST)
        datagrams.send(self._spared, 1)

    def _lost(self, pair: Pair) -> int:
        assert self._datagrams
        return self._datagrams.sent[pair] - self._datagrams.arrived[pair]

    def _is_likely(self, pair: Pair) -> bool:
        """Whether as many are missing along *pair* as the share and chance allow for."""
        assert self._datagrams
        sent, lost = self._datagrams.sent[pair], self._lost(pair)
        if sent < _DATAGRAMS_MIN or self._share == 1:
            return lost == sent >= _DATAGRAMS_MIN
        deviation = math.sqrt(sent * self._share * (1 - self._share))
        near = abs(lost - sent * self._share) <= _DEVIATIONS * deviation
        return 0 < lost < sent and near

    def _told(self, datagrams: Datagrams) -> dict[str, Any]:
        percent = [
            round(self._lost(each) * 100 / datagrams.sent[each], 2) for each in self._hit
        ]
        return {
            "by": "nft",
            "asked_percent": self._share * 100,
            "lost_percent_to": percent[0],
            "lost_percent_from": percent[1],
            "datagrams": sum(datagrams.sent[each] for each in self._hit),
            "dropped": self._drops.dropped(),
            "held_by": os.getpid(),
        }
