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
from chaos_ext.network.datagrams import Datagrams
from chaos_ext.network.drops import Drops
from chaos_ext.network.nft import Rule

if TYPE_CHECKING:
    from chaos_ext.network.nft import Pair

Way: TypeAlias = Mapping[str, Any]
_CLIENT = "127.0.0.1"
_BURST = 100  # datagrams a look, in each direction
_DATAGRAMS_MIN = 400
_DEVIATIONS = 4  # by chance, one measurement in sixteen thousand lies further off
_FREE = 50  # so many must all arrive when it is over
_LOOK_MS_MAX = 20


class PacketLoss:
    """Drops a *share* of the packets between a server and all others, or one *peer*."""

    def __init__(
        self, lease: str, share: float, way: Way, peer: Way | None = None, netns: str = ""
    ) -> None:
        """*way* and *peer* are the ways to the two."""
        self._share, self._netns = share, netns
        self._way, self._peer = way, peer
        self._drops = Drops(lease, netns)
        self._datagrams: Datagrams | None = None
        self._landed: dict[str, Any] | None = None
        here, there = way["service"][0], peer["bind"][0] if peer else _CLIENT
        self._hit: list[Pair] = [(there, here), (here, there)]
        self._spared: list[Pair] = [(_CLIENT, here), (here, _CLIENT)] if peer else []
        self._must_pass: set[Pair] = set(self._hit)  # when it is over

    def inject(self) -> None:
        """See that packets pass, and put the rules in place."""
        self._must_pass = set()  # nothing was done so far
        node = self._way["node"]
        if _CLIENT in _addresses(self._way):
            raise BadArgument(
                f"network.loss: {node} has the address {_CLIENT}, as every client has; "
                "give it an address of its own, or use a proxied lab"
            )
        self._datagrams = self._opened()
        if len(self._datagrams.passing(self._hit, _LOOK_MS_MAX)) < len(self._hit):
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
        passing = self._datagrams.passing(self._must_pass, _LOOK_MS_MAX, _FREE)
        if self._drops.alone() and self._must_pass - passing:
            return False
        self._datagrams.close()
        self._datagrams = None
        return True

    def _rules(self) -> list[Rule]:
        here = _addresses(self._way)
        if self._peer:
            there = _addresses(self._peer)
            pairs = (*product(here, there), *product(there, here))
            return [Rule(pairs, self._share)]
        bind, service = self._way["bind"][0], self._way["service"][0]
        # a proxy dials its server from there; what it lost on both sides would be lost twice
        own = ((_CLIENT, bind), (bind, _CLIENT)) if bind != service else ()
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

    def _opened(self) -> Datagrams:
        return Datagrams(
            {each for pair in (*self._hit, *self._spared) for each in pair}, self._netns
        )


def _addresses(way: Way) -> tuple[str, ...]:
    return tuple(dict.fromkeys((way["bind"][0], way["service"][0])))
