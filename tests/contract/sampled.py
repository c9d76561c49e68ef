"""A sampler over real servers of one test, and what it wrote and told."""

import sys
from pathlib import Path

import psutil
import pytest

from chaos_ext import world
from chaos_ext.history.compact import read_looks
from chaos_ext.history.usage import by_target
from chaos_ext.lease import servers
from chaos_ext.lease.ledger import Server
from chaos_ext.redis import client
from chaos_ext.resource.sampling import Sampler, SamplerSettings, Watch

from .leasing import PATIENCE_S, Rig

EVERY_MS = 50
PONG = {"send": "PING\r\n", "expect": "+PONG"}
AUTH_FIRST = {"send": "PING\r\n", "expect": "-NOAUTH"}
BUSY = "while True: pass"


class Sampled(Rig):
    """Servers in a ledger, and a sampler that looks at them."""

    def __init__(self, folder):
        super().__init__(folder)
        self.rows = folder / "run"
        self.rows.mkdir()
        self.said = []
        self.samplers = []

    def valkey(self, name="redis-1", *options, alive=PONG):
        """A real server that the ledger knows."""
        program = next(Path(sys.prefix).rglob("valkey-server"), None)
        if program is None:
            pytest.skip("needs: a Redis server, pip install chaos_ext[lab]")
        spec = self.spec()
        host, port = spec["listen"]
        words = ["--bind", host, "--port", str(port), "--save", "", *options]
        here = {"argv": [str(program), *words], "cwd": str(self.folder), "alive": alive}
        return self.started(name, spec | here)

    def busy(self, name="busy"):
        """A process that takes a whole core; it listens to nobody."""
        spec = {"argv": [sys.executable, "-ISc", BUSY]}
        return servers.start(
            self.ledger, Server(f"toy/{name}", "toy", name, spec, None), held=False
        )

    def watch(self, server, system="redis", **more):
        """How the sampler is told of *server*."""
        address = tuple(server.spec.get("listen", ("127.0.0.1", 1)))
        return Watch(server.node, system, address, **({"key": server.key} | more))

    def sample(self, *targets, **limits):
        """A sampler that looks at *targets* by now."""
        settings = SamplerSettings(targets, EVERY_MS, limits)
        self.samplers.append(Sampler.start(settings, self.rows, self.said.append))
        assert self.samplers[-1].ready(PATIENCE_S)
        return self.samplers[-1]

    def looks(self, name="redis-1"):
        """What was written about a target so far."""
        return by_target(read_looks(self.rows)).get(name, read_looks(self.rows)[:0])

    def seen(self, true_of, name="redis-1"):
        """Wait for a look of which *true_of* holds, from now on; the look."""
        before = len(self.looks(name))
        found = []

        def saw():
            found[:] = [look for look in self.looks(name)[before:] if true_of(look)]
            return bool(found)

        assert world.wait_until(saw, PATIENCE_S), self.looks(name)[-1:]
        return found[0]

    def ask(self, server, *words):
        """One command."""
        return client.command(tuple(server.spec["listen"]), *words)

    def restarted(self, server):
        """The same server as another process."""
        psutil.Process(server.identity.pid).kill()
        assert server.identity.wait(PATIENCE_S)
        servers.reap([server])
        again = servers.start(self.ledger, self.now(server), held=False)
        assert world.wait_until(lambda: servers.serving(again), PATIENCE_S)
        return again

    def close(self):
        for sampler in self.samplers:
            sampler.stop()
        super().close()
