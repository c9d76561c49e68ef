"""What a lease may do to a proxy: each fault is read strictly, done, and undone alone and twice."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.errors import BadArgument, ListenFailed
from chaos_ext.experiment.strict import DAY_S, Reader
from chaos_ext.proxy.core import catalogue
from chaos_ext.proxy.core.model import STREAMS, ToxicSpec
from chaos_ext.proxy.dns import resolving
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.dns.resolver import Resolver

DAY_MS = DAY_S * 1000
_KEYS = {
    "toxic": ("proxy", "do", "type", "stream", "attributes", "toxicity", "sources"),
    "down": ("proxy", "do"),
    "flap": ("proxy", "do", "up_ms", "down_ms"),
    "proxy": ("proxy", "do"),
    "dns": resolving.KEYS,
}


class Fault(Protocol):
    """Something done to one proxy, for as long as a lease lasts."""

    @property
    def proxy(self) -> str:
        """The name of the proxy."""

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Do it; when it fails, nothing of it is left."""

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """Undo it, whatever became of the proxy in the meantime."""


@dataclass(frozen=True, slots=True)
class Toxics:
    """All toxics that a lease puts on one proxy: they come and go at once."""

    proxy: str
    specs: tuple[ToxicSpec, ...]

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Put them on."""
        proxy = proxies.get(self.proxy)
        if proxy is None:
            raise BadArgument(f"there is no proxy {self.proxy} any more")
        taken = {each.name for each in proxy.toxics} & {each.name for each in self.specs}
        if taken:
            raise BadArgument(
                f"proxy {self.proxy} has a toxic {min(taken)} already: name lease {lease} otherwise"
            )
        await proxy.put_toxics(self.specs)

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """Take off those that are still there and still ours."""
        proxy = proxies.get(self.proxy)
        ours = [each.name for each in proxy.toxics if each.lease == lease] if proxy else []
        if proxy and ours:
            await proxy.put_toxics([], ours)


@dataclass(slots=True)
class Down:
    """As `enabled: false`."""

    proxy: str
    failed: bool = False  # it was let up, and its port was somebody else's

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Close the listener and every connection."""
        if proxy := proxies.get(self.proxy):
            await proxy.hold_down(lease)

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """Listen again, unless somebody else holds it down."""
        proxy = proxies.get(self.proxy)
        if proxy and self.failed:
            await proxy.start()
        elif proxy:
            try:
                await proxy.let_up(lease)
            except ListenFailed:
                self.failed = True
                raise


@dataclass(frozen=True, slots=True)
class Flap:
    """Down and up in turns."""

    proxy: str
    up_s: float
    down_s: float

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Begin, with down."""
        if proxy := proxies.get(self.proxy):
            proxy.flap(lease, self.up_s, self.down_s)

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """End, with up."""
        if proxy := proxies.get(self.proxy):
            proxy.end_flap(lease)


@dataclass(slots=True)
class Made:
    """A proxy of the lease's own."""

    proxy: str
    listen: str
    upstream: str
    made: list[object] = field(default_factory=list)

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Make it, listening."""
        del lease
        self.made.append(await proxies.add(self.proxy, self.listen, self.upstream, start=True))

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """Remove it; another one that has its name by now stays."""
        del lease
        if proxies.get(self.proxy) in self.made:
            await proxies.remove(self.proxy)


class Faults:
    """Reads the faults of one lease; problems are collected, and nothing is done yet."""

    def __init__(
        self,
        proxies: Proxies,
        lease: str,
        problems: list[str],
        resolvers: Mapping[str, Resolver] | None = None,
    ) -> None:
        self._known = set(proxies.all())
        self._resolvers = resolvers or {}
        self._lease, self._problems = lease, problems
        self._toxics: dict[str, list[ToxicSpec]] = {}
        self._others: list[Fault] = []
        self._count = 0

    def read(self, items: Sequence[object]) -> list[Fault]:
        """The faults, in the order in which they are done: proxies, toxics, then downs."""
        numbered = list(enumerate(items))
        for index, item in sorted(numbered, key=lambda each: not _makes_a_proxy(each[1])):
            self._one(item, f"faults[{index}]")
        made = [each for each in self._others if isinstance(each, Made)]
        rest = [each for each in self._others if not isinstance(each, Made)]
        toxics = [Toxics(name, tuple(specs)) for name, specs in self._toxics.items()]
        return [*made, *toxics, *rest]

    def _one(self, item: object, where: str) -> None:
        loose = Reader(item, where, None, self._problems)
        does = loose.word("do", tuple(_KEYS))
        if not isinstance(item, dict) or item.get("do") != does:
            return
        said = Reader(item, where, _KEYS[does], self._problems)
        if does == "proxy":
            self._made(said)
            return
        if does == "dns":
            misled = resolving.misled(said, self._resolvers)
            self._others += [misled] if misled else []
            return
        name = said.text("proxy")
        if name and name not in self._known:
            said.refuse(
                "proxy", f"is {name!r}, and there is none{nearest(name, sorted(self._known))}"
            )
        if does == "toxic":
            self._toxics.setdefault(name, []).extend(self._toxic(said))
        elif does == "flap":
            up, down = (
                said.number(key, above=0, at_most=DAY_MS) for key in ("up_ms", "down_ms")
            )
            self._others.append(Flap(name, up / 1000, down / 1000))
        else:
            self._others.append(Down(name))

    def _made(self, said: Reader) -> None:
        keys = ("name", "listen", "upstream")
        proxy = Reader(said.data.get("proxy"), said.at("proxy"), keys, self._problems)
        name = proxy.text("name")
        if name in self._known:
            proxy.refuse("name", f"is {name!r}, and there is one of that name already")
        self._known.add(name)
        self._others.append(Made(name, proxy.text("listen"), proxy.text("upstream")))

    def _toxic(self, said: Reader) -> list[ToxicSpec]:
        type_ = said.word("type", tuple(catalogue.TYPES))
        stream = said.word("stream", (*STREAMS, "both"))
        toxicity = said.number("toxicity", 1.0, at_most=1.0)
        attributes = self._attributes(said, type_)
        sources = frozenset(
            filter(None, (address(said, each) for each in said.texts("sources")))
        )
        specs = []
        for each in STREAMS if stream == "both" else (stream,):
            name, self._count = f"{self._lease}-{self._count}", self._count + 1
            specs.append(
                ToxicSpec(name, type_, each, toxicity, attributes, sources, self._lease)
            )
        return specs

    def _attributes(self, said: Reader, type_: str) -> Mapping[str, Any]:
        try:
            return catalogue.checked(type_, said.mapping("attributes"))
        except BadArgument as problem:
            said.refuse("attributes", f"are wrong: {problem}")
            return {}


def address(said: Reader, text: str, key: str = "sources") -> str:
    """An IPv4 or IPv6 address as sockets write it; a problem, and nothing, when it is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        said.refuse(key, f"has {text!r}, which is no address")
        return ""


def _makes_a_proxy(item: object) -> bool:
    return isinstance(item, dict) and item.get("do") == "proxy"
