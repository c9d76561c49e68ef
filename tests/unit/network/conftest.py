"""A path in memory, on a clock of its own, and what the guardian does with a fault on it."""

import pytest

from chaos_ext import world
from chaos_ext.network import leased, measure

from .net import SERVICE, Line, Net

BIND, OTHER = ("127.70.1.1", 17379), "127.70.1.12"
PATHS = {
    "redis-primary": {
        "node": "redis-1",
        "system": "redis",
        "lab": "redis-1a2b3c",
        "bind": list(BIND),
        "service": list(SERVICE),
        "alive": {"send": "PING\r\n", "expect": "+PONG"},
        "proxy": {"url": "http://127.70.1.250:8474", "name": "redis-1"},
        "resolver": None,
    },
    "redis-2": {"node": "redis-2", "bind": [OTHER, 17379], "proxy": None, "alive": None},
}


class Target:
    name, node, lease_id = "redis-primary", "redis-1", "0a1b2c3d"

    def __init__(self, now_ns):
        self.deadline_ns = now_ns + 10_000_000_000


@pytest.fixture
def net(monkeypatch):
    """One proxy in front of redis-1, asked by a fault that measures through lines in memory."""
    made = Net()
    monkeypatch.setattr(world, "monotonic_ns", lambda: made.now_ns)
    monkeypatch.setattr(world, "boottime_ns", lambda: made.now_ns)
    monkeypatch.setattr(Line, "net", made)
    monkeypatch.setattr(measure, "Line", Line)
    monkeypatch.setattr(leased, "Server", lambda _url: made)
    return made


class Rig:
    """Does with a fault what the guardian does."""

    def __init__(self, net):
        self.net, self.target = net, Target(net.now_ns)
        self.paths = {name: dict(path) for name, path in PATHS.items()}

    def made(self, fault, **settings):
        """A fault, as another process would make it as well."""
        return fault(self.target, paths=self.paths, **settings)

    def landed(self, fault):
        """What is measured of it, within the time it has."""
        return self.until(fault.landed, fault.lands_within_s)

    def healed(self, fault):
        return self.until(lambda: fault.healed() or None, 10) is not None

    def until(self, look, within_s):
        end_ns = self.net.now_ns + within_s * 1e9
        while (found := look()) is None and self.net.now_ns < end_ns:
            self.net.tick()
        return found

    @property
    def lease(self):
        return self.net.leases.get(self.target.lease_id)

    def open_lines(self):
        return [line for line in self.net.lines if not line.ended]


@pytest.fixture
def rig(net):
    return Rig(net)
