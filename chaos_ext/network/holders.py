"""Who holds a fault at a proxy: a lease where the server is ours, marked toxics where it is a Toxiproxy."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.lease import identity
from chaos_ext.network.client import segment

if TYPE_CHECKING:
    from chaos_ext.network.client import Server

GRACE_S = 2.0  # the guardian ends a fault in time; the proxy does when nobody else could
LEASE_S_MAX = 86_400.0
_BOTH = ("upstream", "downstream")
_OWN_TYPES = ("stall", "silence")
_DISTRIBUTION, _PLAIN = "distribution", "uniform"
Asks = list[dict[str, Any]]
RESET = "reset"  # it is done at once, and nothing of it must be held


@dataclass(frozen=True, slots=True)
class Held:
    """Whose fault it is, at which proxy, and until when."""

    node: str
    proxy: str
    lease_id: str
    deadline_ns: int  # on the clock of `world.boottime_ns`


class Holder(Protocol):
    """What a fault needs of whoever holds it."""

    @property
    def ours(self) -> bool:
        """Whether it can echo, reset, and tell sources apart."""

    def refuse(self, asks: Asks) -> None:
        """Say no to what it cannot do, before anything has happened."""

    def put(self, asks: Asks) -> None:
        """Put it all in place."""

    def there(self, asks: Asks) -> bool:
        """Whether all of it is in place."""

    def end(self, asks: Asks) -> None:
        """Take it away; nothing happens when it is gone already."""

    def gone(self, asks: Asks) -> bool:
        """Whether nothing of it is left."""

    def disturbed(self) -> bool:
        """Whether somebody else's fault is at the same proxy, so that nothing can be measured."""


def lease_path(lease_id: str) -> str:
    """Where our own server keeps that lease."""
    return f"/chaos/leases/{segment(lease_id)}"


def lease_of_ours(deadline_ns: int, faults: Asks) -> dict[str, Any]:
    """A lease of *faults* that this process owns; it ends a little after the guardian would end it."""
    left_s = (deadline_ns - world.boottime_ns()) / 1e9
    return {
        "for_s": min(left_s + GRACE_S, LEASE_S_MAX),
        "owner": asdict(identity.of(os.getpid())),
        "faults": faults,
    }


def holder(server: Server, held: Held) -> Holder:
    """The one that the server's kind needs."""
    return Lease(server, held) if server.is_ours() else Toxics(server, held)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease at our own server, which ends it by itself when its time or its owner ends."""

    server: Server
    held: Held
    ours: bool = True

    def refuse(self, asks: Asks) -> None:
        """It can do everything; what is wrong in *asks* it refuses as a whole."""

    def put(self, asks: Asks) -> None:
        """Everything of it or nothing."""
        faults = [{"proxy": self.held.proxy, **each} for each in asks if each["do"] != RESET]
        self.server.ask("PUT", self._path, lease_of_ours(self.held.deadline_ns, faults))

    def there(self, asks: Asks) -> bool:
        """Every proxy still does what was asked of it: a lease does not keep its toxics from being removed."""
        proxies = self.server.ask("GET", "/chaos/proxies")
        return all(
            self._stands(proxies.get(each.get("proxy", self.held.proxy)), each)
            for each in asks
            if each["do"] != RESET
        )

    def end(self, asks: Asks) -> None:  # noqa: ARG002 - the lease is all there is
        """Delete it."""
        self.server.find("DELETE", self._path)

    def gone(self, asks: Asks) -> bool:  # noqa: ARG002 - the lease is all there is
        """The server does not list it any more."""
        return self.server.find("GET", self._path) is None

    def disturbed(self) -> bool:
        """Another lease, or a toxic of somebody, is at the proxy."""
        proxy = self.server.ask("GET", "/chaos/proxies").get(self.held.proxy)
        return bool(
            proxy and (proxy["toxics"] or proxy["held_down_by"] or not proxy["enabled"])
        )

    def _stands(self, proxy: dict[str, Any] | None, asked: dict[str, Any]) -> bool:
        """Whether *proxy* does what was *asked*."""
        if proxy is None:
            return False
        if asked["do"] != "toxic":
            return self.held.lease_id in proxy["held_down_by"]
        mine = [each for each in proxy["toxics"] if each["lease"] == self.held.lease_id]
        return all(
            any((each["type"], each["stream"]) == (asked["type"], stream) for each in mine)
            for stream in _streams(asked)
        )

    @property
    def _path(self) -> str:
        return lease_path(self.held.lease_id)


@dataclass(frozen=True, slots=True)
class Toxics:
    """Toxics at a Toxiproxy, told from others by their names; it has no deadline of its own."""

    server: Server
    held: Held
    ours: bool = False

    def refuse(self, asks: Asks) -> None:
        """Name what only our own server can do."""
        for each in asks:
            if missing := _missing(each):
                self._refuse(f"cannot do {missing}; use `chaos proxy serve` in its place")
        enabled = self.server.ask("GET", self._path)["enabled"]
        if _goes_down(asks) and not enabled:
            self._refuse(f"has {self.held.proxy} disabled already; enable it first")

    def put(self, asks: Asks) -> None:
        """One after the other, as it knows no way to do it at once."""
        for number, toxic in enumerate(_toxics(asks)):
            name = f"{self._mark}{number}"
            self.server.ask("POST", f"{self._path}/toxics", {"name": name, **toxic})
        if _goes_down(asks):
            self.server.ask("POST", self._path, {"enabled": False})

    def there(self, asks: Asks) -> bool:
        """All toxics of ours are there, and the proxy is disabled if we disabled it."""
        down = not self.server.ask("GET", self._path)["enabled"]
        return len(self._own()) == len(_toxics(asks)) and (down or not _goes_down(asks))

    def end(self, asks: Asks) -> None:
        """Remove every toxic that bears our mark; let the proxy listen again if we closed it."""
        for name in self._own():
            self.server.find("DELETE", f"{self._path}/toxics/{segment(name)}")
        if _goes_down(asks):
            self.server.ask("POST", self._path, {"enabled": True})

    def gone(self, asks: Asks) -> bool:
        """No toxic bears our mark, and the proxy is enabled if we disabled it."""
        proxy = self.server.ask("GET", self._path)
        return not self._own() and (proxy["enabled"] or not _goes_down(asks))

    def disturbed(self) -> bool:
        """A toxic of somebody else is at the proxy, or it is disabled."""
        proxy = self.server.ask("GET", self._path)
        return bool(proxy["toxics"]) or not proxy["enabled"]

    def _own(self) -> list[str]:
        proxy = self.server.find("GET", self._path) or {"toxics": []}
        return [each["name"] for each in proxy["toxics"] if each["name"].startswith(self._mark)]

    def _refuse(self, why: str) -> None:
        raise BadArgument(f"{self.held.node}: the Toxiproxy at {self.server.url} {why}")

    @property
    def _mark(self) -> str:
        return f"chaos-{self.held.lease_id}-"

    @property
    def _path(self) -> str:
        return f"/proxies/{segment(self.held.proxy)}"


def _goes_down(asks: Asks) -> bool:
    return any(each["do"] == "down" for each in asks)


def _toxics(asks: Asks) -> list[dict[str, Any]]:
    """The toxics of *asks*, one a direction, with what Toxiproxy knows of them."""
    return [
        {
            "type": each["type"],
            "stream": stream,
            "attributes": {k: v for k, v in each["attributes"].items() if k != _DISTRIBUTION},
        }
        for each in asks
        if each["do"] == "toxic"
        for stream in _streams(each)
    ]


def _streams(asked: dict[str, Any]) -> tuple[str, ...]:
    return _BOTH if asked["stream"] == "both" else (asked["stream"],)


def _missing(asked: dict[str, Any]) -> str:
    """What of one fault a Toxiproxy does not have; empty when it has all."""
    if asked["do"] not in ("toxic", "down"):
        return str(asked["do"])
    if asked.get("sources"):
        return "only_from (it does not tell sources apart)"
    if asked.get("type") in _OWN_TYPES:
        return str(asked["type"])
    distribution = asked.get("attributes", {}).get(_DISTRIBUTION, _PLAIN)
    return "" if distribution == _PLAIN else f"the distribution {distribution}"
