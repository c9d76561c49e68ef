"""A partition made at the proxies, where the kernel's packet filter is not ours to use.

Each node's proxy falls silent towards the peers that must not be seen: nothing passes and nothing
closes. A new connection is still accepted, by the proxy; it is silent as well.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from itertools import permutations
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, FaultDidNotLand, TargetUnreachable
from chaos_ext.network import holders, measure
from chaos_ext.network.client import Server
from chaos_ext.network.holders import Asks, Held, Holder
from chaos_ext.network.measure import Course, Steps, Way
from chaos_ext.network.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaos_ext.network.leased import Leasing
    from chaos_ext.network.shapes import Cuts

SILENT_S = 0.3  # an answer that has not come by then will not come
_CLIENT = "127.0.0.1"  # no node's address, so it must be answered all the time


class LinkCut:
    """Silences the connections of *cuts*, by a lease at every proxy server on the way."""

    def __init__(
        self, target: Leasing, cuts: Cuts, ways: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """*ways* are those of every node that takes part, cut off or not."""
        self._target, self._cuts = target, cuts
        self._ways = {node: dict(way) for node, way in ways.items()}
        apart = {frozenset(cut) for cut in cuts}
        everyone = set(permutations(sorted(self._ways), 2))
        self._apart = {pair for pair in everyone if frozenset(pair) in apart}
        self._together = everyone - self._apart
        self._begun = True  # after a crash nobody knows: it may be
        self._standing: list[tuple[Holder, Asks]] = []
        self._course: Course[dict[str, Any]] | None = None
        self._landed: dict[str, Any] | None = None
        self._freed: Course[bool] | None = None

    def inject(self) -> None:
        """Begin: see who is answered, then have the proxies fall silent."""
        self._begun = False
        if missing := sorted(node for node, way in self._ways.items() if not way["proxy"]):
            raise BadArgument(
                "network.partition: without root (nftables) nodes are cut off at their proxies, and "
                f"none is in front of {', '.join(missing)}; run as root, or use a proxied lab"
            )
        self._standing = self._holders()
        for holder, asks in self._standing:
            holder.refuse(asks)
        self._course = Course(self._cut())
        self._landed = self._course.look()

    def landed(self) -> dict[str, Any] | None:
        """Who is cut off gets no answer, all others do; later on, whether the proxies hold it."""
        if self._landed is None:
            self._landed = self._course.look() if self._course else None
            return self._landed
        with suppress(TargetUnreachable):  # it ended with its proxy
            if all(holder.there(asks) for holder, asks in self._standing):
                return self._landed
        return None

    def heal(self) -> None:
        """Take it away; what is gone already stays so."""
        self._close()
        for holder, asks in self._holders() if self._begun else ():
            holder.end(asks)

    def healed(self) -> bool:
        """No proxy knows of it, and who was cut off is answered again."""
        if self._freed is None:
            standing = self._holders() if self._begun else []
            if not all(holder.gone(asks) for holder, asks in standing):
                return False
            if not standing or any(holder.disturbed() for holder, _ in standing):
                return True
            self._freed = Course(self._free())
        if self._freed.look() is None:
            return False
        self._close()
        return True

    def _cut(self) -> Steps[dict[str, Any]]:
        before = yield from self._answered(self._apart | self._together)
        if not before & self._apart:
            raise FaultDidNotLand("no node answered another before they were cut off")
        self._begun = True
        for holder, asks in self._standing:
            holder.put(asks)
        wanted = before - self._apart | {(_CLIENT, node) for node in self._ways}
        while True:
            answered = yield from self._answered(self._apart | wanted)
            if answered == wanted:
                silent = [f"{a} > {b}" for a, b in sorted(before & self._apart)]
                return {"by": "proxy", "unanswered": silent, "answered": len(wanted)}

    def _free(self) -> Steps[bool]:
        """Until everybody who is there at all answers those that were cut off from it."""
        clients = {(_CLIENT, node) for node in self._ways}
        while True:
            answered = yield from self._answered(self._apart | clients)
            there = {node for _, node in answered & clients}
            if {(a, b) for a, b in self._apart if b in there} <= answered:
                return True

    def _answered(self, pairs: Iterable[tuple[str, str]]) -> Steps[set[tuple[str, str]]]:
        """Which of *pairs*, the first asking the second, get an answer."""
        asking = {pair: self._way(*pair) for pair in sorted(pairs)}
        with ExitStack() as stack:
            lines = []
            for way in asking.values():
                lines.append(stack.enter_context(way.open()))
                yield
            pings = [
                measure.ping(line, way, SILENT_S)
                for line, way in zip(lines, asking.values(), strict=True)
            ]
            times = yield from measure.together(pings)
        return {pair for pair, ms in zip(asking, times, strict=True) if ms is not None}

    def _way(self, asker: str, asked: str) -> Way:
        way = self._ways[asked]
        source = _CLIENT if asker == _CLIENT else str(self._ways[asker]["bind"][0])
        server = Server(way["proxy"]["url"])
        return Ways(way, server, has_echo=True, word=self._target.lease_id).asking(source)

    def _holders(self) -> list[tuple[Holder, Asks]]:
        """Whoever is there of the proxy servers, and what each is asked."""
        asks: dict[str, Asks] = {}
        named: dict[str, str] = {}
        for node, way in self._ways.items():
            if proxy := way["proxy"]:
                asks.setdefault(proxy["url"], []).extend(self._silences(node, proxy["name"]))
                named.setdefault(proxy["url"], proxy["name"])
        id_, until_ns = self._target.lease_id, self._target.deadline_ns
        return [
            (
                holders.holder(server, Held(self._target.node, named[url], id_, until_ns)),
                asks[url],
            )
            for url in asks
            if asks[url] and (server := Server(url)).listens()
        ]

    def _silences(self, node: str, proxy: str) -> Asks:
        """What the proxy of *node* lets nobody hear: peers that send to it, and it to them."""
        heard = {
            "upstream": [a for a, b in sorted(self._cuts) if b == node],
            "downstream": [b for a, b in sorted(self._cuts) if a == node],
        }
        return [
            {
                "proxy": proxy,
                "do": "toxic",
                "type": "silence",
                "stream": stream,
                "attributes": {},
                "sources": [self._ways[peer]["bind"][0] for peer in peers],
            }
            for stream, peers in heard.items()
            if peers
        ]

    def _close(self) -> None:
        measure.give_up(self._course, self._freed)
        self._course = self._freed = None
