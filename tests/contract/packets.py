"""What tests of dropped packets are made of: addresses nobody else has, talkers, fake targets."""

import json
import os
import socket
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from chaos_ext import world
from chaos_ext.lease.identity import Identity
from chaos_ext.network import nft
from chaos_ext.network.partition import Partition

# root can be asked for; a kernel without nftables cannot
_WANTED = "needs: root" if os.geteuid() else "this kernel cannot drop packets for us"
NEEDS_ROOT = pytest.mark.skipif(bool(nft.possible()), reason=f"{_WANTED}: {nft.possible()}")
PREFIX = f"127.84.{os.getpid() >> 8 & 255}"
FIRST = (os.getpid() & 15) * 16  # sixteen addresses of our own
NOT_ARRIVED_S = 0.1
HOLDER = """
import json, sys
from chaos_ext.network import nft
table = nft.Table(sys.argv[1], [nft.Rule(tuple(map(tuple, json.loads(sys.argv[2]))))])
print("held", flush=True)
sys.stdin.read()
"""


def address(number):
    """An address of this test session."""
    return f"{PREFIX}.{FIRST + number}"


def way(name, number, **more):
    """The way to a node that nothing stands in front of."""
    here = [address(number), 9]
    plain = {"node": name, "system": "toy", "lab": "toy", "bind": here, "service": here}
    return plain | {"alive": None, "proxy": None, "resolver": None} | more


def ways(count=3):
    """The ways to toy-1, toy-2 and so on."""
    return {f"toy-{n}": way(f"toy-{n}", n) for n in range(1, count + 1)}


@dataclass
class Asked:
    """The target of a fault, as far as packets need one."""

    node: str
    lease_id: str = field(default_factory=world.token)
    deadline_ns: int = 0
    identity: Identity = field(default_factory=lambda: Identity(0, 0, ""))

    def __post_init__(self):
        self.name = self.node
        self.deadline_ns = world.boottime_ns() + 60_000_000_000

    def ended(self):
        return False


def lands(fault, within_s=5):
    """What a fault measured when it landed."""
    found = []

    def decided():
        landed = fault.landed()
        found.extend([landed] if landed is not None else [])
        return bool(found)

    assert world.wait_until(decided, within_s, every_s=0.0005), f"{fault.name} did not land"
    return found[0]


def heals(fault, within_s=10):
    """Undo it and see that it is undone."""
    fault.heal()
    assert world.wait_until(fault.healed, within_s, every_s=0.002), (
        f"{fault.name} is not healed"
    )


def passes(source, destination, times=1):
    """How many of some datagrams arrive."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        here.bind((source, 0))
        there.bind((destination, 0))
        there.settimeout(NOT_ARRIVED_S)
        arrived = 0
        for _ in range(times):
            here.sendto(b"?", there.getsockname())
            if times > 1:
                there.setblocking(False)
            with suppress(OSError):
                arrived += len(there.recv(9))
        return arrived


def connection(source, destination):
    """Both ends of an established connection."""
    with socket.create_server((destination, 0)) as door:
        client = socket.create_connection(door.getsockname(), 5, (source, 0))
        server, _ = door.accept()
    server.settimeout(5)
    return client, server


@contextmanager
def partitions():
    """Makes partitions; whatever is left of them is healed."""
    made = []

    def make(node="toy-1", paths=None, **settings):
        made.append(Partition(Asked(node), paths or ways(), **settings))
        return made[-1]

    yield make
    for each in made:
        heals(each)


def holder(lease, pairs):
    """Another process that drops packets."""
    child = world.start_process(
        [sys.executable, "-c", HOLDER, lease, json.dumps(pairs)], pipes=True
    )
    assert child.stdout.readline() == b"held\n"
    return child


def standing(fault):
    """Whether the table of its lease is in place."""
    return nft.PREFIX + fault.target.lease_id in nft.tables()


def end(child):
    child.kill()
    child.communicate()
