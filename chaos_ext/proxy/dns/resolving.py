"""Resolvers as others speak of them: in the file of `--config`, in a lease, and in what is told."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument
from chaos_ext.experiment.strict import DAY_S, Reader
from chaos_ext.words import joined, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.dns.resolver import Resolver

KEYS = ("resolver", "do", "how", "names", "delay_ms", "answer")  # of a fault
SPEC_KEYS = ("name", "listen", "records", "upstream")
WAYS = ("fail", "delay", "wrong")
_DELAY_MS_MAX = int(DAY_S) * 1000


@dataclass(frozen=True, slots=True)
class Misled:
    """A resolver that fails, is late or lies, for as long as a lease lasts."""

    resolver: Resolver
    how: str
    names: tuple[str, ...]
    delay_ms: int
    answer: str

    @property
    def proxy(self) -> str:
        """What it is done to."""
        return f"resolver {self.resolver.name}"

    async def do(self, proxies: Proxies, lease: str) -> None:
        """Begin."""
        del proxies
        self.resolver.hold(lease, self.how, self.names, self.delay_ms, self.answer)

    async def undo(self, proxies: Proxies, lease: str) -> None:
        """End."""
        del proxies
        self.resolver.let_go(lease)


def misled(said: Reader, resolvers: Mapping[str, Resolver]) -> Misled | None:
    """The fault that a lease asks for; None when there are problems with it."""
    name, before = said.text("resolver"), len(said.problems)
    if name and name not in resolvers:
        said.refuse("resolver", f"is {name!r}, and there is none{nearest(name, resolvers)}")
    how = said.word("how", WAYS)
    late_ms = said.whole("delay_ms", 0, at_least=int(how == "delay"), at_most=_DELAY_MS_MAX)
    answer = said.text("answer", "")
    if answer or how == "wrong":
        _address(said, "answer", answer)
    names = said.texts("names")
    if len(said.problems) > before or name not in resolvers:
        return None
    return Misled(resolvers[name], how, names, late_ms, answer)


def told(resolver: Resolver) -> dict[str, Any]:
    """What a resolver is and what is held against it."""
    return {
        "listen": "{}:{}".format(*resolver.address),
        "records": dict(resolver.records),
        "held_by": sorted(resolver.held),
    }


@dataclass(frozen=True, slots=True)
class Spec:
    """One resolver of the file."""

    name: str
    listen: str
    records: Mapping[str, str]
    upstream: str = ""  # whoever is asked for names that are not in the table


def read(path: Path) -> list[Spec]:
    """The resolvers of the file, which `config.read` has found to be JSON."""
    data = json.loads(path.read_bytes())
    if not isinstance(data, dict):
        return []
    problems: list[str] = []
    specs: list[Spec] = []
    # keys are known in any case, as those of proxies are
    folded = {str(key).lower(): value for key, value in data.items()}
    for index, item in enumerate(Reader(folded, "", None, problems).items("resolvers")):
        said = Reader(item, f"resolvers[{index}]", SPEC_KEYS, problems)
        specs.append(_spec(said))
        if specs[-1].name in [each.name for each in specs[:-1]]:
            said.refuse("name", f"is {specs[-1].name!r}, and there is one of that name already")
    if problems:
        raise BadArgument(f"{path}: {joined(problems)}")
    return specs


async def start(specs: Sequence[Spec], resolvers: dict[str, Resolver]) -> None:
    """Start each of *specs*; those that have started are in *resolvers*."""
    if not specs:
        return
    from chaos_ext.proxy.dns.resolver import Resolver  # noqa: PLC0415 - few need what it imports

    for each in specs:
        resolver = Resolver(each.name, each.listen, each.records, each.upstream)
        await resolver.start()
        resolvers[each.name] = resolver


def _spec(said: Reader) -> Spec:
    records = said.mapping("records")
    for key, value in records.items():
        _address(said, f"records.{key}", value)
    plain = {key: str(value) for key, value in records.items()}
    return Spec(said.text("name"), said.text("listen"), plain, said.text("upstream", ""))


def _address(said: Reader, key: str, value: object) -> None:
    try:
        ipaddress.IPv4Address(str(value))
    except ValueError:
        said.refuse(key, f"must be an IPv4 address, not {value!r}")
