"""A real lab that stands, a guardian, and leases on its servers, as a run would have them."""

import os
from contextlib import suppress

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos_ext import world
from chaos_ext.environment import read
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries, clocks, fittings, native
from chaos_ext.lease import sweep
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Lease, Ledger
from chaos_ext.redis.lab import ALIVE, BINARY
from chaos_ext.redis.plain import Plain

PATIENCE_S = 10
ALONE = {"replicas": 0, "sentinels": 0}


class Labbed:
    """One lab of Redis with its ledger; `close` leaves nothing."""

    def __init__(self, folder, **settings):
        needs_redis()
        if settings.get(clocks.SETTING):
            needs_libfaketime()
        self.folder = folder
        self.ledger = Ledger()
        wanted = {"redis": {**ALONE, **settings}}
        chosen = read.load("native", wanted=wanted).systems["redis"]
        self.lab = native.start(self.ledger, "redis", chosen)
        self.guardians, self.told = [], []

    def guardian(self, run="run"):
        """A guardian of a run whose runner is this test."""
        self.guardians.append(Guarded(run, self.told.append, self.folder / f"{run}.log"))
        return self.guardians[-1]

    def way(self, name="redis-1"):
        """What a fault is told of one of the servers."""
        node = self.lab.node(name)
        plain = {"node": name, "system": "redis", "lab": self.lab.id, "alive": ALIVE}
        plain |= {"bind": list(node.bind), "service": list(node.service)}
        return plain | fittings.way(self.lab, node)

    def server(self, name="redis-1"):
        """The server as the ledger knows it now."""
        return self.ledger.server(self.lab.key(name))

    def lease(self, fault, name="redis-1", *, for_s=60, run="run", paths=None, **settings):
        """A lease of a fault on one of the servers; its *paths* are as they are, unless told."""
        deadline_ns = world.boottime_ns() + int(for_s * 1e9)
        ways = (
            {} if fault.startswith("process.") else {"paths": paths or {name: self.way(name)}}
        )
        server = self.server(name)
        return Lease(
            world.token(), run, f"chaos_ext.{fault}", name, name, server.key, server.identity,
            {**ways, **settings}, deadline_ns,
        )  # fmt: skip

    def ask(self, *words, name="redis-1"):
        """What one of the servers answers."""
        with Plain(*self.lab.node(name).bind, 5) as server:
            return server.ask(*words)

    def client(self, name="redis-1"):
        """A client of one of the servers that does not try again."""
        host, port = self.lab.node(name).bind
        retry = Retry(NoBackoff(), 0)
        return redis.Redis(host, port, socket_timeout=5, retry=retry, protocol=2)

    def state(self, lease):
        """What the ledger says of a lease."""
        rows = self.ledger.rows("select state, detail from leases where id = ?", lease.id)
        return tuple(rows[0]) if rows else None

    def kill(self, name="redis-1"):
        who = self.server(name).identity
        os.kill(who.pid, 9)
        assert who.wait(PATIENCE_S)

    def kill_guardian(self, guarded):
        os.kill(guarded.pid, 9)
        assert guarded.gone.wait(PATIENCE_S)

    def heal_alone(self):
        """Heal as `chaos heal` does, from the ledger alone; what is left, in words."""
        return sweep.sweep(self.ledger).left

    def close(self):
        for guarded in self.guardians:
            with suppress(OSError):
                guarded.goodbye()
        sweep.end_lab(self.ledger, self.lab.id, patience_s=0.0)
        self.ledger.close()


def needs_redis():
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")


def needs_libfaketime():
    try:
        clocks.library()
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
