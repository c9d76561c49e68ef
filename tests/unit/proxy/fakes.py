"""Proxies that only remember: what the routes and the leases are tried on."""

import asyncio

from chaos_ext.errors import ListenFailed, ProxyExists
from chaos_ext.proxy.core.model import STREAMS


class FakeProxy:
    """One proxy; *taken* are the addresses it cannot listen at."""

    def __init__(self, name, listen, upstream, taken):
        self.name, self.listen, self.upstream = name, listen, upstream
        self.enabled, self.toxics, self.connections = False, [], 3
        self.taken, self.held, self.did, self.echoes = taken, set(), [], []

    @property
    def held_down_by(self):
        return frozenset(self.held)

    async def start(self):
        if self.listen in self.taken:
            raise ListenFailed(f"listen tcp {self.listen}: bind: address already in use")
        self.enabled = True

    async def stop(self):
        self.enabled = False

    async def differs(self, listen, upstream):
        if ":" not in listen:
            raise ListenFailed(f"address {listen}: missing port in address")
        return (self.listen, self.upstream) != (listen, upstream)

    async def update(self, listen, upstream, enabled):
        await self.differs(listen, upstream)
        self.listen, self.upstream, self.enabled = listen, upstream, enabled

    async def put_toxics(self, add, remove=()):
        kept = {each.name: each for each in self.toxics if each.name not in remove}
        kept |= {each.name: each for each in add}
        self.toxics = sorted(kept.values(), key=lambda each: STREAMS.index(each.stream))
        self.did.append((sorted(each.name for each in add), sorted(remove)))

    async def reset_connections(self, sources=frozenset()):
        self.did.append(("reset", sources))
        return self.connections

    async def hold_down(self, lease):
        self.held.add(lease)

    async def let_up(self, lease):
        self.held.discard(lease)
        if not self.held:
            await self.start()

    def flap(self, lease, up_s, down_s):
        self.did.append(("flap", lease, up_s, down_s))

    def end_flap(self, lease):
        self.did.append(("end flap", lease))

    def echo_for(self, client):
        self.echoes.append(client)

    def counters(self):
        return {"upstream": (10, 8), "downstream": (1_500_000, 7)}


class FakeProxies:
    """All of them."""

    def __init__(self, *names):
        self.taken = set()
        self._all = {}
        for name in names:
            self._all[name] = FakeProxy(name, f"127.0.0.1:{len(name)}", "h:1", self.taken)
            self._all[name].enabled = True

    def get(self, name):
        return self._all.get(name)

    def all(self):
        return dict(self._all)

    async def add(self, name, listen, upstream, *, start):
        if name in self._all:
            raise ProxyExists("proxy already exists")
        proxy = FakeProxy(name, listen, upstream, self.taken)
        if start:
            await proxy.start()
        self._all[name] = proxy
        return proxy

    async def remove(self, name):
        self._all.pop(name, None)


async def until(condition):
    """Wait for what sets no event; the time limit of the test ends it otherwise."""
    while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of tests
        await asyncio.sleep(0.001)
