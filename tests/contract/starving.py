"""What tests of starved servers are made of: real Redis servers, leases on them, and /proc and /sys as they are."""

import os
import re
import signal
import socket
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.lease import servers
from chaos_ext.lease.ledger import Server
from chaos_ext.redis.lab import ALIVE, BINARY
from chaos_ext.resource import cgroups

from .leasing import Rig

MB = 1 << 20
GROUPS = Path("/sys/fs/cgroup")
MARK = "chaos_ext_"
# Asks for work that takes the server long and the client nothing.
CLIENT = """
import socket
door = socket.create_connection((HOST, PORT))
script = "local x = 0 for i = 1, 100000 do x = x + i end return x"
word = b"*3\\r\\n$4\\r\\nEVAL\\r\\n$%d\\r\\n%b\\r\\n$1\\r\\n0\\r\\n" % (len(script), script.encode())
door.sendall(word * 4)
print("busy", flush=True)
while door.recv(4096):
    door.sendall(word)
"""
# Listens, with one child from the beginning and one more for every guest.
PARENT = """
import os, socket, sys, threading
def child():
    here, there = os.pipe()
    if os.fork() == 0:
        os.close(there)
        os.read(here, 1)
        os._exit(0)
child()
door = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    guest = door.accept()[0]
    child()
    guest.sendall(b"born")
    guest.close()
"""
_WANTED = "needs: root" if os.geteuid() else "this kernel has no such control group"


def needs(controller):
    """Skips where no group of *controller* can be made."""
    why = cgroups.possible(controller)
    return pytest.mark.skipif(bool(why), reason=f"{_WANTED}: {why}")


EVERY = [
    pytest.param("cpu", {"percent": 25, "by": "cgroup"}, marks=needs("cpu"), id="cpu-cgroup"),
    pytest.param("cpu", {"percent": 50, "by": "hogs"}, id="cpu-hogs"),
    pytest.param("memory", {"mb": 64}, id="memory-hold"),
    pytest.param(
        "memory", {"headroom_mb": 64, "by": "limit"}, marks=needs("memory"), id="memory-limit"
    ),
    pytest.param("memory", {"headroom_mb": 5}, id="memory-server"),
    pytest.param("files", {"left": 2}, id="files"),
    pytest.param("connections", {"left": 2}, id="connections"),
    pytest.param("processes", {"left": 3}, marks=needs("pids"), id="processes"),
]


class Starved(Rig):
    """The same with real Redis servers."""

    def redis(self, name="one", *, lab="toy", alive=ALIVE, **settings):
        """A server that answers; its *settings* as its configuration file has them."""
        try:
            binary = binaries.find(BINARY).path
        except BinaryMissing as error:
            pytest.skip(f"needs: {error}")
        with socket.socket() as door:
            door.bind((self.host, 0))
            port = door.getsockname()[1]
        words = {"bind": self.host, "port": port, "save": "", "protected-mode": "no"}
        words |= {key.replace("_", "-"): value for key, value in settings.items()}
        argv = [
            binary,
            *(str(word) for key, value in words.items() for word in (f"--{key}", value)),
        ]
        log = str(self.folder / f"{name}.log")
        spec = {"argv": argv, "listen": [self.host, port], "log": log, "alive": alive}
        started = servers.start(
            self.ledger, Server(f"{lab}/{name}", lab, name, spec, None), held=False
        )
        assert world.wait_until(lambda: servers.serving(started), 10)
        return started

    def starving(self, server, fault, *, for_s=60, **settings):
        """A lease of a resource fault on *server*."""
        plain = self.lease(server, "pause", for_s=for_s)
        address = server.spec["listen"]
        way = {"node": server.node, "system": "redis", "bind": address, "service": address}
        if fault not in ("cpu", "processes"):
            settings["paths"] = {server.node: {**way, "alive": server.spec.get("alive")}}
        return replace(plain, fault=f"chaos_ext.resource.{fault}", settings=settings)

    @contextmanager
    def busy(self, server):
        """Clients that keep it as busy as they can, from a process of their own."""
        host, port = server.spec["listen"]
        script = CLIENT.replace("HOST", repr(host)).replace("PORT", str(port))
        child = world.start_process([sys.executable, "-ISc", script], pipes=True)
        try:
            assert child.stdout.readline() == b"busy\n"
            yield child
        finally:
            child.kill()
            child.communicate()


def asked(server, *words):
    """What the server answers, on a connection of its own; empty when it says nothing for a while."""
    text = " ".join(map(str, words))
    try:
        with socket.create_connection(server.spec["listen"], 0.5) as door:
            door.sendall(f"{text}\r\n".encode())
            return door.recv(65536).decode()
    except OSError:
        return ""


def number(server, *words):
    """The last number of what it answers."""
    return int(re.findall(r"\d+", asked(server, *words))[-1])


def children(server):
    """The pids of its children, the eldest first."""
    pid = server.identity.pid
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def traces(server, lease):
    """Everything that a fault of a resource may leave, as the kernel and the server tell it."""
    pid = server.identity.pid
    return {
        "groups": groups_of(lease),
        "hogs": hogs_of(lease),
        "at": [group_of(pid, each) for each in ("cpu", "memory", "pids")],
        "files": open_limit(pid),
        "memory": number(server, "CONFIG GET maxmemory"),
        "answers": asked(server, "PING"),
    }


def groups_of(lease):
    """The folders below /sys/fs/cgroup that bear the mark of *lease*."""
    return list(GROUPS.rglob(f"{MARK}{lease.id}"))


def group_of(pid, controller):
    """The group of *pid*, as the kernel tells it."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return path
    return ""


def hogs_of(lease):
    """The processes whose command line names the lease."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if lease.id.encode() in words:
                found.append(int(entry.name))
    return found


def resident_mb(pid):
    """What of *pid* is in memory, exactly."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"Rss:\s+(\d+)", text)[1]) / 1024


def open_limit(pid):
    """Soft and hard limit of open files, as /proc shows them."""
    text = Path(f"/proc/{pid}/limits").read_text()
    return tuple(map(int, re.search(r"Max open files\s+(\d+)\s+(\d+)", text).groups()))


def kill(server):
    server.identity.send(signal.SIGKILL)
    assert server.identity.wait(10)
