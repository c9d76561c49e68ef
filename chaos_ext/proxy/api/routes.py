"""The routes of Toxiproxy 2.12: what existing clients ask, answered as they expect it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument, ChaosExtError, HealFailed, ListenFailed, ProxyExists
from chaos_ext.proxy.api import gojson, shapes
from chaos_ext.proxy.api.answers import EMPTY, Answer, Failed, Request, as_json
from chaos_ext.proxy.api.paths import Route
from chaos_ext.proxy.api.populate import new_toxic, put_all, shown, shown_toxic, wanted
from chaos_ext.proxy.core import catalogue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from chaos_ext.proxy.core.model import ToxicSpec
    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.core.proxy import Proxy

VERSION = "2.12.0"  # of the API that is spoken
_VERSION_TYPE = "application/json;charset=utf-8"


class Toxiproxy:
    """Toxiproxy's handlers; *cleared* ends what only we know of when everything is reset."""

    def __init__(self, proxies: Proxies, cleared: Callable[[], Awaitable[None]]) -> None:
        self._proxies, self._cleared = proxies, cleared

    def routes(self) -> list[Route]:
        """All of them, in the order in which Toxiproxy looks."""
        proxy, toxics = "/proxies/{proxy}", "/proxies/{proxy}/toxics"
        toxic = f"{toxics}/{{toxic}}"
        return [
            Route("/reset", ("POST",), self.reset, mutates=True),
            Route("/proxies", ("GET",), self.index),
            Route("/proxies", ("POST",), self.create, mutates=True),
            Route("/populate", ("POST",), self.populate, mutates=True),
            Route(proxy, ("GET",), self.show),
            Route(proxy, ("POST", "PATCH"), self.update, mutates=True),
            Route(proxy, ("DELETE",), self.delete, mutates=True),
            Route(toxics, ("GET",), self.toxics),
            Route(toxics, ("POST",), self.toxic_create, mutates=True),
            Route(toxic, ("GET",), self.toxic_show),
            Route(toxic, ("POST", "PATCH"), self.toxic_update, mutates=True),
            Route(toxic, ("DELETE",), self.toxic_delete, mutates=True),
            Route("/version", ("GET",), self.version),
        ]

    async def version(self, _request: Request) -> Answer:
        """The one answer that ends with a newline and names its character set."""
        return Answer(200, f'{{"version": "{VERSION}"}}\n'.encode(), _VERSION_TYPE)

    async def index(self, _request: Request) -> Answer:
        """All proxies, by name."""
        proxies = sorted(self._proxies.all().items())
        return as_json({name: shown(proxy) for name, proxy in proxies})

    async def reset(self, _request: Request) -> Answer:
        """Remove every toxic, then enable every proxy.

        All of them are tried: Toxiproxy leaves the toxics of the rest when one cannot start.
        """
        failures: list[ChaosExtError] = []
        try:
            await self._cleared()
        except HealFailed as failure:
            failures.append(failure)
        for proxy in self._proxies.all().values():
            await proxy.put_toxics([], [each.name for each in proxy.toxics])
            try:
                await proxy.start()
            except ListenFailed as failure:
                failures.append(failure)
        if failures:
            raise Failed(500, str(failures[0]))
        return EMPTY

    async def create(self, request: Request) -> Answer:
        """A new proxy, listening at once unless it says otherwise."""
        said = _filled(shapes.PROXY, request)
        for key in ("name", "upstream"):
            if not said.get(key):
                raise Failed(400, f"missing required field: {key}")
        enabled = said.get("enabled", True)
        try:
            proxy = await self._proxies.add(
                said["name"], said.get("listen", ""), said["upstream"], start=enabled
            )
        except ProxyExists:
            raise Failed(409, "proxy already exists") from None
        except ListenFailed as failure:
            raise Failed(500, str(failure)) from None
        return as_json(shown(proxy), 201)

    async def populate(self, request: Request) -> Answer:
        """Many proxies; the answer has those that were made, also when a later one failed."""
        done: list[Proxy] = []
        status, told = 201, {}
        try:
            await put_all(self._proxies, wanted(_parsed(request)), done)
        except Failed as failure:
            status, told = failure.status, {"error": failure.text, "status": failure.status}
        return as_json({**told, "proxies": [shown(each) for each in done] or None}, status)

    async def show(self, _request: Request, name: str) -> Answer:
        """One proxy."""
        return as_json(shown(self._proxy(name)))

    async def update(self, request: Request, name: str) -> Answer:
        """Change where a proxy listens, whom it dials, and whether it is enabled."""
        proxy = self._proxy(name)
        said = _filled(shapes.PROXY, request)
        try:
            await proxy.update(
                said.get("listen", proxy.listen),
                said.get("upstream", proxy.upstream),
                said.get("enabled", proxy.enabled),
            )
        except ListenFailed as failure:
            raise Failed(500, str(failure)) from None
        return as_json(shown(proxy))

    async def delete(self, _request: Request, name: str) -> Answer:
        """Remove a proxy with its connections."""
        self._proxy(name)
        await self._proxies.remove(name)
        return EMPTY

    async def toxics(self, _request: Request, name: str) -> Answer:
        """The toxics of a proxy."""
        return as_json([shown_toxic(each) for each in self._proxy(name).toxics])

    async def toxic_create(self, request: Request, name: str) -> Answer:
        """A new toxic, on all connections at once."""
        proxy = self._proxy(name)
        spec = new_toxic(_parsed(request), [each.name for each in proxy.toxics])
        await proxy.put_toxics([spec])
        return as_json(shown_toxic(spec))

    async def toxic_show(self, _request: Request, name: str, toxic: str) -> Answer:
        """One toxic."""
        return as_json(shown_toxic(_toxic(self._proxy(name), toxic)))

    async def toxic_update(self, request: Request, name: str, toxic: str) -> Answer:
        """Change attributes and toxicity; nothing changes when something in it is wrong."""
        proxy = self._proxy(name)
        spec = _toxic(proxy, toxic)
        if spec.lease:
            raise Failed(409, f"toxic belongs to lease {spec.lease}: delete the lease instead")
        said = _filled(shapes.update_of(spec.type), request)
        attributes = {**spec.attributes, **said.get("attributes", {})}
        try:
            checked = catalogue.checked(spec.type, attributes)
        except BadArgument as problem:
            raise Failed(400, str(problem)) from None
        spec = replace(spec, attributes=checked, toxicity=said.get("toxicity", spec.toxicity))
        await proxy.put_toxics([spec])
        return as_json(shown_toxic(spec))

    async def toxic_delete(self, _request: Request, name: str, toxic: str) -> Answer:
        """Remove a toxic; what it held passes."""
        proxy = self._proxy(name)
        await proxy.put_toxics([], [_toxic(proxy, toxic).name])
        return EMPTY

    def _proxy(self, name: str) -> Proxy:
        proxy = self._proxies.get(name)
        if proxy is None:
            raise Failed(404, "proxy not found")
        return proxy


def _toxic(proxy: Proxy, name: str) -> ToxicSpec:
    for each in proxy.toxics:
        if each.name == name:
            return each
    raise Failed(404, "toxic not found")


def _parsed(request: Request) -> gojson.Value:
    try:
        return gojson.parse(request.body, request.ending)
    except gojson.Malformed as problem:
        raise Failed(400, f"bad request body: {problem}") from None


def _filled(shape: shapes.Struct, request: Request) -> dict[str, Any]:
    try:
        return shapes.fill(shape, _parsed(request)) or {}
    except gojson.Malformed as problem:
        raise Failed(400, f"bad request body: {problem}") from None
