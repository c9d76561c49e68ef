"""Reads the network by itself: who answers how soon, who drops packets, what a proxy holds."""

from __future__ import annotations

import http.client
import json
import socket
import struct
from collections import Counter
from contextlib import ExitStack, suppress
from itertools import permutations
from typing import TYPE_CHECKING, Any

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Address = tuple[str, int]

ANSWER_S_MAX = 0.5
SLOW_MS = 40  # half of what a fault adds; a busy machine is slow for a moment, and asked again
ARRIVES_S_MAX = 0.05
_NETFILTER, _GET_TABLE = 12, 10 << 8 | 1  # the kernel's own numbers
_SOCK_DIAG, _BY_FAMILY, _ESTABLISHED, _LISTEN = 4, 20, 1, 10
_REQUEST_AND_DUMP, _ERROR, _DONE = 0x301, 2, 3
_NAME = 1  # kind of the attribute that is a table's name


def of_services(services: Iterable[tuple[str, Address]]) -> list[str]:
    """Whoever does not answer at once where others look for it."""
    found = []
    for name, address in services:
        took_ms = _ping_ms(address)
        if took_ms is None:
            found.append(f"{name} does not answer at {address[0]}:{address[1]}")
        elif took_ms > SLOW_MS:
            found.append(f"{name} answers after {took_ms:.0f} ms")
    return found


def _ping_ms(address: Address) -> float | None:
    """The quicker of two answers on one connection: the first includes its making."""
    times = []
    with suppress(OSError), socket.create_connection(address, timeout=ANSWER_S_MAX) as door:
        for _ in range(2):
            began_ns = world.monotonic_ns()
            door.sendall(b"PING\r\n")
            if door.recv(64) != b"+PONG\r\n":
                break
            times.append((world.monotonic_ns() - began_ns) / 1e6)
    return min(times, default=None)


# -- the proxy -----------------------------------------------------------------------------


def of_proxy(api: Address) -> list[str]:
    """What a proxy still holds."""
    try:
        leases, proxies = (_get(api, f"/chaos/{what}") for what in ("leases", "proxies"))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return [f"the proxy does not answer: {error!r}"]
    found = [f"lease {name} is left at the proxy" for name in leases]
    for name, proxy in proxies.items():
        found += [f"{name} has the toxic {toxic['name']}" for toxic in proxy["toxics"]]
        if not proxy["enabled"] or proxy["held_down_by"]:
            found.append(f"the proxy of {name} is down")
    return found


def of_pass_through(name: str, address: Address) -> list[str]:
    """What the pass-through before a data folder still does to whoever writes there."""
    try:
        with (
            socket.create_connection(address, ANSWER_S_MAX) as door,
            door.makefile("rb") as heard,
        ):
            door.sendall(b'{"ask": "status"}\n')
            rules = json.loads(heard.readline())["rules"]
    except (OSError, ValueError, KeyError) as error:
        return [f"{name} does not answer: {error!r}"]
    return [f"{name} has the rule {rule}" for rule in rules]


def _get(api: Address, path: str) -> dict[str, Any]:
    asked = http.client.HTTPConnection(*api, timeout=ANSWER_S_MAX)
    try:
        asked.request("GET", path)
        return dict(json.loads(asked.getresponse().read()))
    finally:
        asked.close()


# -- packets -------------------------------------------------------------------------------


def of_packets(hosts: Iterable[str]) -> list[str]:
    """The pairs of *hosts* between which a datagram is lost."""
    with ExitStack() as stack:
        doors = {host: stack.enter_context(_door(host)) for host in dict.fromkeys(hosts)}
        names = {door.getsockname(): host for host, door in doors.items()}
        missing = set(permutations(doors, 2))
        for source, destination in missing:
            with suppress(OSError):
                doors[source].sendto(b"?", doors[destination].getsockname())

        def arrived() -> bool:
            for host, door in doors.items():
                missing.difference_update((names.get(by, ""), host) for by in _senders(door))
            return not missing

        world.wait_until(arrived, ARRIVES_S_MAX, every_s=0.002)
    some = ", ".join(f"{a} to {b}" for a, b in sorted(missing)[:3])
    return [f"packets are lost along {len(missing)} ways: {some}"] if missing else []


def _door(host: str) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((host, 0))
    door.setblocking(False)
    return door


def _senders(door: socket.socket) -> list[Address]:
    found = []
    with suppress(BlockingIOError):
        while True:
            found.append(door.recvfrom(8)[1])
    return found


def of_tables(leases: Iterable[str]) -> list[str]:
    """The tables of the packet filter that one of *leases* has left."""
    ours = {f"chaos_ext_{lease}" for lease in leases}
    return [f"table {name} is left" for name in sorted(ours & tables())]


def tables() -> set[str]:
    """The names of all tables for IPv4; none where nobody may ask."""
    found = set()
    for answer in _dump(_NETFILTER, _GET_TABLE, struct.pack("!BBH", socket.AF_INET, 0, 0)):
        size, kind = struct.unpack_from("=HH", answer, 4)
        if kind == _NAME:
            found.add(answer[8 : size + 4].rstrip(b"\0").decode())
    return found


def listening() -> set[Address]:
    """Every IPv4 address of this machine that somebody listens at."""
    return {address for address, _, _ in _sockets(_LISTEN)}


def strangers(addresses: Iterable[Address], known: set[int]) -> list[str]:
    """Who is connected to one of *addresses*; sockets whose inodes are *known* are no strangers."""
    wanted = set(addresses)
    found = Counter(
        there
        for _, there, inode in _sockets(_ESTABLISHED)
        if there in wanted and inode and inode not in known
    )
    return [
        f"{count} strangers are connected to {host}:{port}"
        for (host, port), count in sorted(found.items())
    ]


def _sockets(state: int) -> Iterator[tuple[Address, Address, int]]:
    """The TCP sockets of that state: here, there, and the inode; 0 when no process has it."""
    asked = struct.pack("=BBBBI48x", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 1 << state)
    for answer in _dump(_SOCK_DIAG, _BY_FAMILY, asked):
        here, there = struct.unpack_from("!HH", answer, 4)
        (inode,) = struct.unpack_from("=I", answer, 68)
        yield (
            (socket.inet_ntoa(answer[8:12]), here),
            (socket.inet_ntoa(answer[24:28]), there),
            inode,
        )


def _dump(protocol: int, kind: int, body: bytes) -> Iterator[bytes]:
    """What the kernel answers, without the headers."""
    header = struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_AND_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as door:
        door.sendall(header + body)
        while True:
            data = door.recv(1 << 16)
            while data:
                length, answered = struct.unpack_from("=IH", data)
                if answered in (_ERROR, _DONE):
                    return
                yield data[16:length]
                data = data[(length + 3) & ~3 :]
