"""Reads the world by itself, sharing no code with what heals it: healing cannot deceive it."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wires

OPEN = "('intent', 'in_place', 'unhealed')"
PROXY = "proxy"  # the part that stands in front of the others
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

    @property
    def proxy(self) -> Node | None:
        return next((node for node in self.nodes if node.part == PROXY), None)


def world_of(state: Path, shown: dict[str, Any]) -> World:
    """The world with the lab that `chaos lab up --json` has shown."""
    plan = json.loads(ask(state, "select plan from labs where id = ?", shown["lab"])[0][0])
    nodes = tuple(
        Node(n["name"], n["part"], _pair(n["bind"]), _pair(n["service"])) for n in plan["nodes"]
    )
    networks = {_network(node.bind[0]) for node in nodes}
    there = frozenset(at for at in wires.listening() if _network(at[0]) in networks)
    return World(state, shown["lab"], Path(shown["folder"]), nodes, there)


def _pair(address: list[Any]) -> Address:
    return str(address[0]), int(address[1])


def residues(world: World) -> list[str]:
    """What is not as before, in words; empty when all is well."""
    alive = processes(world.state)
    return [
        *_of_processes(world, alive),
        *_of_listeners(world),
        *_of_folders(world),
        *_of_ledger(world),
    ] or of_network(world)  # which takes longer to ask


def of_network(world: World) -> list[str]:
    """What of the network is not as before, in words."""
    served = [node for node in world.nodes if node.part != PROXY]
    leases = [row[0] for row in ask(world.state, "select id from leases")]
    return [
        *wires.of_tables(leases),
        *wires.of_packets(at[0] for node in served for at in (node.bind, node.service)),
        *(wires.of_proxy(world.proxy.service) if world.proxy else []),
        *wires.of_services((node.name, node.service) for node in served),
    ]


# -- processes --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Process:
    """One living process that was started with our state folder in its environment."""

    pid: int
    words: str
    cwd: str
    threads: str  # a state letter each


def processes(state: Path) -> list[Process]:
    """All living processes, and no zombies, that live in *state* or have it as CHAOS_STATE.

    The servers write their title over their environment, so they are known by where they live.
    """
    mark, inside = f"CHAOS_STATE={state}".encode(), f"{state}/"
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                known = mark in (entry / "environ").read_bytes().split(b"\0")
                if known or str((entry / "cwd").readlink()).startswith(inside):
                    found.append(_read(entry))
    return [process for process in found if process.threads.strip("ZX")]


def _read(entry: Path) -> Process:
    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    letters = []
    for thread in (entry / "task").iterdir():
        with suppress(OSError):
            stat = (thread / "stat").read_text(errors="replace")
            letters.append(stat[stat.rindex(")") + 2])
    cwd = str((entry / "cwd").readlink())
    return Process(int(entry.name), words.strip()[:90], cwd, "".join(letters))


def _of_processes(world: World, alive: list[Process]) -> list[str]:
    places = {str(world.folder / node.name): node.name for node in world.nodes}
    found = [f"process {p.pid} is left: {p.words}" for p in alive if p.cwd not in places]
    for place, name in places.items():
        servers = [process for process in alive if process.cwd == place]
        if len(servers) != 1:
            found.append(f"{name} runs as {len(servers)} processes")
        found += [
            f"{name} stands still: {p.threads}" for p in servers if set("tT") & set(p.threads)
        ]
    return found


# -- sockets and files --------------------------------------------------------------------


def _of_listeners(world: World) -> list[str]:
    wanted = world.listeners
    networks = {_network(host) for host, _ in wanted} | _networks_used(world.state)
    there = {address for address in wires.listening() if _network(address[0]) in networks}
    deaf = [f"nobody listens at {host}:{port}" for host, port in sorted(wanted - there)]
    return deaf + [
        f"somebody listens at {host}:{port}" for host, port in sorted(there - wanted)
    ]


def _network(host: str) -> str:
    return host.rpartition(".")[0]


def _of_folders(world: World) -> list[str]:
    labs = world.state / "labs"
    there = [folder.name for folder in labs.iterdir()] if labs.exists() else []
    return [f"folder {name} of a lab is left" for name in there if name != world.lab]


# -- the ledger, as a plain database --------------------------------------------------------


def connected(state: Path) -> closing[sqlite3.Connection]:
    """The ledger; an empty one in memory while there is none."""
    path = state / "ledger.db"
    return closing(sqlite3.connect(path if path.exists() else ":memory:", timeout=5.0))


def ask(state: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the ledger answers; nothing while it has no tables."""
    with connected(state) as ledger:
        return _asked(ledger, query, *values)


def last_lease(ledger: sqlite3.Connection) -> tuple[int, str]:
    """The number and the state of the newest lease."""
    query = "select rowid, state from leases order by rowid desc limit 1"
    found = _asked(ledger, query)
    return found[0] if found else (0, "")


def _asked(ledger: sqlite3.Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    try:
        return ledger.execute(query, values).fetchall()
    except sqlite3.OperationalError:  # its first writer has not made the tables yet
        return []


def _networks_used(state: Path) -> set[str]:
    plans = [json.loads(row[0]) for row in ask(state, "select plan from labs")]
    return {_network(node["bind"][0]) for plan in plans for node in plan["nodes"]}


def _of_ledger(world: World) -> list[str]:
    leases = ask(world.state, f"select fault, node, state from leases where state in {OPEN}")
    found = [f"lease {fault} on {node} is {state}" for fault, node, state in leases]
    labs = ask(world.state, "select id, used_by from labs where state = 'up'")
    found += [f"lab {lab} is up" for lab, _ in labs if lab != world.lab]
    return found + [f"lab {lab} is in use by {by}" for lab, by in labs if by]


# -- the servers, asked in their own words ----------------------------------------------------


def primary_named(world: World) -> bool:
    """Whether some sentinel names a primary that says it is one: roles can be resolved."""
    for node in world.nodes:
        if node.part == "sentinel":
            named = wires.say(node.bind, "SENTINEL GET-MASTER-ADDR-BY-NAME chaos").split("\r\n")
            if len(named) > 4 and named[4].isdigit():
                return "\r\nmaster\r\n" in wires.say((named[2], int(named[4])), "ROLE")
    return False
