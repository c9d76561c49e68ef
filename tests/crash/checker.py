"""Is the world as before? Read by code of its own, none of it what heals: it cannot be deceived."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import book
import see_files
import see_kernel
import see_processes
import see_servers
import wires

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from see_files import Kept
    from see_processes import Process

PROXY, DISK = "proxy", "disk"  # parts that stand before the others, and speak otherwise
DATA, SENTINEL = "data", "sentinel"
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Node:
    """One server: where it listens, and where others are told to find it."""

    name: str
    part: str
    bind: Address
    service: Address


@dataclass(frozen=True, slots=True)
class World:
    """How the world was before, and must be again: one standing lab and nothing else of ours."""

    state: Path  # the CHAOS_STATE of everything that the campaign starts
    lab: str = ""
    folder: Path = Path("/nonexistent")
    nodes: tuple[Node, ...] = ()
    listeners: frozenset[Address] = frozenset()  # in the lab's own network
    facts: Mapping[str, str] = field(default_factory=dict)  # what is compared word by word
    files: Mapping[str, Kept] = field(default_factory=dict)

    def of_part(self, *parts: str) -> list[Node]:
        """The nodes that are one of *parts*."""
        return [node for node in self.nodes if node.part in parts]

    @property
    def servers(self) -> list[Node]:
        """Those that answer as the system that they are."""
        return [node for node in self.nodes if node.part not in (PROXY, DISK)]

    @property
    def proxy(self) -> Node | None:
        return next(iter(self.of_part(PROXY)), None)

    @property
    def data(self) -> dict[str, Path]:
        """Where each data node keeps its data."""
        return {node.name: self.folder / node.name / "data" for node in self.of_part(DATA)}

    def sorted(self) -> dict[str, list[Process]]:
        """What of ours lives, by the node that it is."""
        names = [node.name for node in self.nodes]
        return see_processes.sort(self.folder, names, see_processes.processes(self.state))


def world_of(state: Path, shown: dict[str, Any]) -> World:
    """The world with the lab that `chaos lab up --json` has shown, as it is now."""
    plan = json.loads(book.ask(state, "select plan from labs where id = ?", shown["lab"])[0][0])
    nodes = tuple(
        Node(n["name"], n["part"], _pair(n["bind"]), _pair(n["service"])) for n in plan["nodes"]
    )
    networks = {book.network(node.bind[0]) for node in nodes}
    there = frozenset(at for at in wires.listening() if book.network(at[0]) in networks)
    bare = World(state, shown["lab"], Path(shown["folder"]), nodes, there)
    facts = dict(facts_of(bare, bare.sorted()))
    return World(
        bare.state, bare.lab, bare.folder, nodes, there, facts, see_files.kept(bare.data)
    )


def _pair(address: list[Any]) -> Address:
    return str(address[0]), int(address[1])


def residues(world: World) -> list[str]:
    """What is not as before, in words; empty when all is well. What is cheap to see comes first."""
    alive = world.sorted()
    first = [
        *see_processes.problems(alive),
        *_of_listeners(world),
        *book.open_ends(world.state, world.lab),
    ]
    return first or of_network(world, alive) or of_the_rest(world, alive)


def harm(world: World) -> list[str]:
    """What of the servers and their surroundings is not as before, whoever of us still lives."""
    alive = world.sorted()
    serving = {name: servers for name, servers in alive.items() if name}
    first = see_processes.problems({"": [], **serving})
    found = first or of_network(world, alive) or of_the_rest(world, alive)
    return [line for line in found if not line.startswith("file ")]  # those hurt nobody


def of_disks(world: World) -> list[str]:
    """What of the disks is not as before, whoever has ended of it."""
    rules = [line for disk in world.of_part(DISK)
             for line in wires.of_pass_through(disk.name, disk.service)]  # fmt: skip
    return rules + see_files.disks(world.data) + see_files.hidden(world.data, [])


def of_network(world: World, alive: Mapping[str, list[Process]] | None = None) -> list[str]:
    """What of the network is not as before, in words."""
    leases = [row[0] for row in book.ask(world.state, "select id from leases")]
    ways = [at for node in world.servers for at in (node.bind, node.service)]
    serving = [p.pid for name, each in (alive or world.sorted()).items() if name for p in each]
    return [
        *wires.of_tables(leases),
        *wires.of_packets(at[0] for at in ways),
        *(wires.of_proxy(world.proxy.service) if world.proxy else []),
        *(
            line
            for disk in world.of_part(DISK)
            for line in wires.of_pass_through(disk.name, disk.service)
        ),
        *wires.of_services((node.name, node.service) for node in world.servers),
        *wires.strangers(ways, see_processes.sockets(serving)),
    ]


def of_the_rest(world: World, alive: Mapping[str, list[Process]]) -> list[str]:
    """What of the kernel's keeping, the servers' settings, data and disks is not as before."""
    pids = [process.pid for each in alive.values() for process in each]
    return [
        *differences(world.facts, dict(facts_of(world, alive))),
        *see_servers.clocks((node.name, node.bind) for node in world.servers),
        *see_files.changed(world.files, world.data),
        *see_files.hidden(world.data, pids),
        *of_disks(world),
    ]


def facts_of(world: World, alive: Mapping[str, list[Process]]) -> Iterator[tuple[str, str]]:
    """Everything that is compared word by word: what it is called, and how it is now."""
    marks = [
        row[0] for table in ("leases", "labs")
        for row in book.ask(world.state, f"select id from {table}")
    ]  # fmt: skip
    yield from see_kernel.facts(world.state, marks)
    yield from see_files.names(world.state, world.folder, [node.name for node in world.nodes])
    for name, servers in alive.items():
        for process in servers if name else ():
            yield from see_processes.facts(name, process.pid)
    for node in world.of_part(DATA):
        yield from see_servers.facts(node.name, node.bind)


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs, in words."""
    gone, new = "not there", "not there before"
    return [
        f"{what}: {now.get(what, gone)}; it was {before.get(what, new)}"
        for what in sorted({*before, *now})
        if before.get(what) != now.get(what)
    ]


def unsettled(world: World) -> list[str]:
    """Who does not follow the primary yet: a failover takes seconds, and is no residue."""
    data = [(node.name, node.bind, node.service) for node in world.of_part(DATA)]
    return see_servers.roles(data, [node.bind for node in world.of_part(SENTINEL)])


def _of_listeners(world: World) -> list[str]:
    wanted = world.listeners
    networks = {book.network(host) for host, _ in wanted} | book.networks_used(world.state)
    there = {address for address in wires.listening() if book.network(address[0]) in networks}
    deaf = [f"nobody listens at {host}:{port}" for host, port in sorted(wanted - there)]
    return deaf + [
        f"somebody listens at {host}:{port}" for host, port in sorted(there - wanted)
    ]
