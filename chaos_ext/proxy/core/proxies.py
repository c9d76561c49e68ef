"""All proxies of one process, by name."""

from __future__ import annotations

from chaos_ext import world
from chaos_ext.errors import ProxyExists
from chaos_ext.proxy.core.budget import Budget, keep_freed_memory
from chaos_ext.proxy.core.clock import Clock
from chaos_ext.proxy.core.proxy import Proxy, Shared


class Proxies:
    """What is proxied; made on the running loop, all proxies share its clock, budget and seed."""

    def __init__(self, seed: int | None = None) -> None:
        """No proxy yet; the same *seed* throws the same dice for the same connections."""
        keep_freed_memory()
        self._clock = Clock()
        dice = world.token(16) if seed is None else str(seed)
        self._shared = Shared(self._clock, Budget(), dice)
        self._proxies: dict[str, Proxy] = {}
        self._adding: set[str] = set()

    def get(self, name: str) -> Proxy | None:
        """The proxy of that name."""
        return self._proxies.get(name)

    def all(self) -> dict[str, Proxy]:
        """Every proxy, by name."""
        return dict(self._proxies)

    async def add(self, name: str, listen: str, upstream: str, *, start: bool) -> Proxy:
        """A new proxy; when it cannot listen nothing is left of it."""
        if name in self._proxies or name in self._adding:
            raise ProxyExists("proxy already exists")
        proxy = Proxy(name, listen, upstream, self._shared)
        self._adding.add(name)
        try:
            if start:
                await proxy.start()
        finally:
            self._adding.discard(name)
        self._proxies[name] = proxy
        return proxy

    async def remove(self, name: str) -> None:
        """Close its listener and connections, and forget it; one that is gone is no problem."""
        proxy = self._proxies.pop(name, None)
        if proxy is not None:
            await proxy.retire()

    async def close(self) -> None:
        """Remove them all, and let go of the clock."""
        for name in list(self._proxies):
            await self.remove(name)
        self._clock.close()
