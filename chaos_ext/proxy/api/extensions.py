"""What is under `/chaos/`: leases, and what Toxiproxy cannot tell or do; JSON, read strictly."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chaos_ext import __version__
from chaos_ext.errors import HealFailed, ListenFailed, Refused, TargetGone
from chaos_ext.experiment.strict import Reader
from chaos_ext.lease.identity import Identity
from chaos_ext.proxy.api.answers import EMPTY, JSON, Answer, Failed, Request
from chaos_ext.proxy.api.paths import Route
from chaos_ext.proxy.api.populate import shown
from chaos_ext.proxy.dns import resolving
from chaos_ext.proxy.faults import Faults, address
from chaos_ext.words import joined, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.core.proxy import Proxy
    from chaos_ext.proxy.dns.resolver import Resolver
    from chaos_ext.proxy.leases import Lease, Leases

API = 1
PORT_MAX = 65_535
PID_MAX = 2**22
START_MAX = 2**63 - 1
_LEASE = re.compile(r"[A-Za-z0-9._:-]{1,100}")


class Extensions:
    """Our own handlers."""

    def __init__(
        self, proxies: Proxies, leases: Leases, resolvers: Mapping[str, Resolver]
    ) -> None:
        self._proxies, self._leases, self._resolvers = proxies, leases, resolvers

    def routes(self) -> list[Route]:
        """All of them."""
        lease = "/chaos/leases/{lease}"
        return [
            Route("/chaos/version", ("GET",), self.version),
            Route("/chaos/proxies", ("GET",), self.index),
            Route("/chaos/resolvers", ("GET",), self.resolvers),
            Route("/chaos/proxies/{proxy}/reset", ("POST",), self.reset, mutates=True),
            Route("/chaos/proxies/{proxy}/echo", ("POST",), self.echo, mutates=True),
            Route("/chaos/leases", ("GET",), self.leases),
            Route(lease, ("GET",), self.lease),
            Route(lease, ("PUT",), self.put, mutates=True),
            Route(lease, ("DELETE",), self.delete, mutates=True),
            Route(f"{lease}/renew", ("POST",), self.renew, mutates=True),
        ]

    async def version(self, _request: Request) -> Answer:
        """What speaks here."""
        return _told({"chaos_ext": __version__, "api": API})

    async def index(self, _request: Request) -> Answer:
        """All proxies with what happens in them."""
        return _told(
            {name: _detailed(each) for name, each in sorted(self._proxies.all().items())}
        )

    async def resolvers(self, _request: Request) -> Answer:
        """All resolvers with what is held against them."""
        return _told({name: resolving.told(each) for name, each in self._resolvers.items()})

    async def reset(self, request: Request, name: str) -> Answer:
        """Reset every connection now."""
        proxy = self._proxy(name)
        said = _Said(request, ("sources",), may_be_empty=True)
        texts = said.reader.texts("sources")
        sources = frozenset(address(said.reader, each) for each in texts)
        said.check()
        return _told({"reset": await proxy.reset_connections(sources)})

    async def echo(self, request: Request, name: str) -> Answer:
        """Let the next connection from an address meet the proxy's own echo."""
        proxy = self._proxy(name)
        said = _Said(request, ("from",))
        peer = said.reader.items("from")
        match peer:
            case [str() as host, int() as port] if 0 < port <= PORT_MAX and port is not True:
                client = (address(said.reader, host, "from"), port)
            case _:
                said.reader.refuse("from", "must be an address and a port")
                client = ("", 0)
        said.check()
        proxy.echo_for(client)
        return EMPTY

    async def leases(self, _request: Request) -> Answer:
        """All leases."""
        return _told({name: _lease(each) for name, each in sorted(self._leases.all().items())})

    async def lease(self, _request: Request, name: str) -> Answer:
        """One lease."""
        return _told(_lease(self._found(name)))

    async def put(self, request: Request, name: str) -> Answer:
        """A new lease: everything of it, or nothing."""
        if not _LEASE.fullmatch(name):
            raise Failed(400, "a lease is named by 1 to 100 letters, digits and . _ : -")
        if name in self._leases.all():
            raise Failed(409, f"there is a lease {name} already: renew it, or delete it first")
        said = _Said(request, ("for_s", "owner", "faults"))
        for_s = said.reader.number("for_s", above=0)
        owner = _owner(said)
        items = said.reader.items("faults")
        if not items and not said.problems:
            said.reader.refuse("faults", "is empty: a lease does something")
        faults = Faults(self._proxies, name, said.problems, self._resolvers).read(items)
        said.check()
        try:
            lease = await self._leases.put(name, items, faults, for_s, owner)
        except TargetGone as gone:
            raise Failed(409, f"owner {gone}: nobody would end the lease") from None
        except ListenFailed as failure:
            raise Failed(500, str(failure)) from None
        except Refused as refused:
            raise Failed(409, str(refused)) from None
        return _told(_lease(lease), 201)

    async def renew(self, request: Request, name: str) -> Answer:
        """Let a lease last for a time from now on."""
        lease = self._found(name)
        said = _Said(request, ("for_s",))
        for_s = said.reader.number("for_s", above=0)
        said.check()
        if lease.ending or not lease.left_s():
            raise Failed(409, f"lease {name} is ending")
        self._leases.renew(lease, for_s)
        return _told(_lease(lease))

    async def delete(self, _request: Request, name: str) -> Answer:
        """End a lease."""
        try:
            await self._leases.end(self._found(name))
        except HealFailed as failure:
            raise Failed(500, str(failure)) from None
        return EMPTY

    def _proxy(self, name: str) -> Proxy:
        proxy = self._proxies.get(name)
        if proxy is None:
            raise Failed(404, f"there is no proxy {name}{nearest(name, self._proxies.all())}")
        return proxy

    def _found(self, name: str) -> Lease:
        lease = self._leases.all().get(name)
        if lease is None:
            raise Failed(404, f"there is no lease {name}, or no more")
        return lease


class _Said:
    """A body that must be one JSON object with known keys."""

    def __init__(
        self, request: Request, known: Sequence[str], *, may_be_empty: bool = False
    ) -> None:
        self.problems: list[str] = []
        data = {} if may_be_empty and not request.body.strip() else _strictly(request.body)
        self.reader = Reader(data, "", known, self.problems)
        if not isinstance(data, dict):
            raise Failed(400, "the body must be a JSON object")

    def check(self) -> None:
        """Refuse what was found wrong."""
        if self.problems:
            raise Failed(400, joined(self.problems))


def _strictly(body: bytes) -> object:
    try:
        return json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise Failed(400, "the body is nested too deeply") from None
    except ValueError as error:  # of the text, of its encoding, or one of our own
        raise Failed(400, f"the body is no JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(
            key for key, times in Counter(key for key, _ in pairs).items() if times > 1
        )
        raise ValueError(f"the key {twice!r} is there twice")
    return found


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _owner(said: _Said) -> Identity | None:
    if said.reader.data.get("owner") is None:
        return None
    owner = Reader(said.reader.data["owner"], "owner", ("pid", "start", "boot"), said.problems)
    pid = owner.whole("pid", 0, at_least=1, at_most=PID_MAX)
    start = owner.whole("start", -1, at_most=START_MAX)
    return Identity(pid, start, owner.text("boot"))


def _lease(lease: Lease) -> dict[str, Any]:
    owner = asdict(lease.owner) if lease.owner else None
    left_s = 0.0 if lease.ending else round(lease.left_s(), 3)
    return {"left_s": left_s, "owner": owner, "faults": list(lease.said)}


def _detailed(proxy: Proxy) -> dict[str, Any]:
    counters = proxy.counters()
    toxics = zip(shown(proxy)["toxics"], proxy.toxics, strict=True)
    return {
        **shown(proxy),
        "toxics": [
            {**told, "lease": spec.lease, "sources": sorted(spec.sources)}
            for told, spec in toxics
        ],
        "connections": proxy.connections,
        "received_bytes": {stream: received for stream, (received, _) in counters.items()},
        "sent_bytes": {stream: sent for stream, (_, sent) in counters.items()},
        "held_down_by": sorted(proxy.held_down_by),
    }


def _told(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), JSON)
