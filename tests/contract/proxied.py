"""What tests of network faults are made of: a real server, a real proxy in front of it, and no guardian."""

import copy
import os
import shutil
import socket
import sys

import pytest

from chaos_ext import world
from chaos_ext.lease import identity
from chaos_ext.network.client import Server

from .conftest import HOST, free_port

NODE = "redis-1"
PEER, STRANGER = (f"127.86.{os.getpid() >> 8 & 255}.{n}" for n in (11, 12))
ALIVE = {"send": "PING\r\n", "expect": "+PONG"}
PATIENCE_S = 15


class Proxied:
    """One server behind one proxy, and the faults that are done to it as a guardian would."""

    def __init__(self, folder, behind, argv):
        bind = self.bind = behind.address
        self.identity = identity.of(behind.process.pid)
        port, listen = free_port(), (HOST, free_port())
        words = [*argv, "-host", HOST, "-port", str(port)]
        self.log = folder / f"proxy-{port}.log"
        self.process = world.start_process(words, log=self.log, dies_with_us=True)
        self.server = Server(f"http://{HOST}:{port}")
        assert world.wait_until(self.server.listens, PATIENCE_S), self.log.read_text()
        told = {"listen": "{}:{}".format(*listen), "upstream": "{}:{}".format(*bind)}
        self.server.ask("POST", "/proxies", {"name": NODE, **told})
        self.service = listen
        self.path = {
            "node": NODE,
            "system": "redis",
            "lab": "redis-1a2b3c",
            "bind": list(bind),
            "service": list(listen),
            "alive": ALIVE,
            "proxy": {"url": self.server.url, "name": NODE},
            "resolver": None,
        }
        self.lease_id, self.deadline_ns = world.token(), world.boottime_ns() + 30 * 10**9
        self.name, self.node = "redis-primary", NODE
        self.longest_ms = 0.0

    @property
    def paths(self):
        return {self.name: self.path, "peer": {"node": "redis-2", "bind": [PEER, 1]}}

    def made(self, kind, **settings):
        """A fault with us as its target."""
        return kind(self, paths=self.paths, **settings)

    def under_another_lease(self):
        """The same target, for a second fault."""
        other = copy.copy(self)
        other.lease_id = world.token()
        return other

    def landed(self, fault):
        """What the fault has measured, once it has."""
        found = None

        def decided():
            nonlocal found
            begun_ns = world.monotonic_ns()
            found = fault.landed()
            self.longest_ms = max(self.longest_ms, (world.monotonic_ns() - begun_ns) / 1e6)
            return found is not None

        # a machine under the load of all tests may take longer than one of its own
        world.wait_until(decided, fault.lands_within_s + PATIENCE_S, every_s=0.0005)
        return found

    def healed(self, fault):
        return world.wait_until(fault.healed, PATIENCE_S, every_s=0.002)

    def client(self, source=""):
        """A client's connection."""
        return socket.create_connection(self.service, PATIENCE_S, (source, 0))

    def ping_ms(self, source=""):
        """How long one answer takes, as a client sees it."""
        with self.client(source) as door:
            begun_ns = world.monotonic_ns()
            door.sendall(b"PING\r\n")
            assert door.recv(7) == b"+PONG\r\n"
            return (world.monotonic_ns() - begun_ns) / 1e6

    def undisturbed(self):
        """Whether the proxy knows of no fault."""
        told = self.server.ask("GET", f"/proxies/{NODE}")
        return told["enabled"] and told["toxics"] == []

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def proxied(valkey, tmp_path):
    """Makes a server with our proxy in front of it."""
    yield from _makes(valkey, tmp_path, [sys.executable, "-m", "chaos_ext.proxy"])


@pytest.fixture
def toxiproxied(valkey, tmp_path):
    """Makes a server with a real Toxiproxy in front of it."""
    program = os.environ.get("CHAOS_TOXIPROXY", "")
    if not shutil.which(program):
        pytest.skip("CHAOS_TOXIPROXY names no toxiproxy-server")
    yield from _makes(valkey, tmp_path, [program])


def _makes(valkey, folder, argv):
    made = []

    def make(name="one"):
        made.append(Proxied(folder, valkey(name), argv))
        return made[-1]

    yield make
    for each in made:
        each.close()
