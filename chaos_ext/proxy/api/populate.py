"""Proxies and toxics as they are said and shown: what `/populate`, `--config` and the routes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, ListenFailed
from chaos_ext.proxy.api import shapes
from chaos_ext.proxy.api.answers import Failed
from chaos_ext.proxy.api.gojson import Malformed
from chaos_ext.proxy.core import catalogue
from chaos_ext.proxy.core.model import DOWNSTREAM, STREAMS, ToxicSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos_ext.proxy.api.gojson import Value
    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.core.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Wanted:
    """One proxy of a list."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[ToxicSpec, ...]


def shown(proxy: Proxy) -> dict[str, Any]:
    """A proxy as Toxiproxy's clients see it; the empty Logger is on their wire too."""
    return {
        "name": proxy.name,
        "listen": proxy.listen,
        "upstream": proxy.upstream,
        "enabled": proxy.enabled,
        "Logger": {},
        "toxics": [shown_toxic(each) for each in proxy.toxics],
    }


def shown_toxic(spec: ToxicSpec) -> dict[str, Any]:
    """A toxic as Toxiproxy's clients see it; what only we have is shown where it says something."""
    rules = catalogue.TYPES[spec.type]
    attributes = {
        key: value
        for key, value in spec.attributes.items()
        if not rules[key].ours or value != rules[key].default
    }
    return {
        "attributes": attributes,
        "name": spec.name,
        "type": spec.type,
        "stream": spec.stream_told or spec.stream,
        "toxicity": float(spec.toxicity),
    }


def new_toxic(value: Value, taken: Iterable[str]) -> ToxicSpec:
    """The toxic that *value* describes; Failed says what is wrong, in Toxiproxy's order."""
    said = _fitting(shapes.TOXIC, value)
    stream = said.get("stream", DOWNSTREAM)
    type_ = said.get("type", "")
    name = said.get("name") or f"{type_}_{stream}"
    if stream.lower() not in STREAMS:
        raise Failed(400, "stream was invalid, can be either upstream or downstream")
    if type_ not in shapes.ATTRIBUTES:
        raise Failed(400, "invalid toxic type")
    if name in taken:
        raise Failed(409, "toxic already exists")
    attributes = _fitting(shapes.attributes_of(type_), value).get("attributes", {})
    try:
        checked = catalogue.checked(type_, attributes)
    except BadArgument as problem:
        raise Failed(400, str(problem)) from None
    toxicity = said.get("toxicity", 1.0)
    return ToxicSpec(name, type_, stream.lower(), toxicity, checked, stream_told=stream)


def wanted(value: Value) -> list[Wanted]:
    """The proxies that *value* lists; all of it is looked at before anything is made."""
    items = _fitting(shapes.POPULATED, value) or []
    for number, item in enumerate(items, 1):
        for key in ("name", "upstream"):
            if not item.get(key):
                raise Failed(400, f"missing required field: {key} at proxy {number}")
    return [
        Wanted(
            item["name"],
            item.get("listen", ""),
            item["upstream"],
            item.get("enabled", True),
            _new_toxics(item.get("toxics", []), number),
        )
        for number, item in enumerate(items, 1)
    ]


def _new_toxics(values: Sequence[Value], number: int) -> tuple[ToxicSpec, ...]:
    specs: list[ToxicSpec] = []
    for value in values:
        try:
            specs.append(new_toxic(value, [each.name for each in specs]))
        except Failed as failure:
            raise Failed(failure.status, f"{failure.text} at proxy {number}") from None
    return tuple(specs)


async def put_all(proxies: Proxies, items: Sequence[Wanted], done: list[Proxy]) -> None:
    """Make or replace every proxy of *items*; those that are there come into *done*."""
    for item in items:
        try:
            done.append(await _put(proxies, item))
        except ListenFailed as failure:
            raise Failed(500, str(failure)) from None


async def _put(proxies: Proxies, item: Wanted) -> Proxy:
    """One proxy; what is there already with the same addresses stays, toxics included."""
    there = proxies.get(item.name)
    if there is not None:
        if not await there.differs(item.listen, item.upstream):
            return there
        await there.stop()
        await proxies.remove(item.name)
    proxy = await proxies.add(item.name, item.listen, item.upstream, start=False)
    await proxy.put_toxics(item.toxics)  # before anybody can connect
    try:
        if item.enabled:
            await proxy.start()
    except ListenFailed:
        await proxies.remove(item.name)
        if there is not None:  # as with Toxiproxy it stays, disabled
            old = await proxies.add(item.name, there.listen, there.upstream, start=False)
            await old.put_toxics(there.toxics)
        raise
    return proxy


def _fitting(shape: shapes.Struct | shapes.Listed, value: Value) -> Any:
    try:
        return shapes.fill(shape, value) or {}
    except Malformed as problem:
        raise Failed(400, f"bad request body: {problem}") from None
