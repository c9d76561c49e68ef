"""What do ten thousand idle connections cost, and does the API answer beside a thousand stuck ones?

Each round starts both servers anew, so that no memory of an earlier round is used again. A stuck
connection is one whose client does not read while the server sends on through a latency toxic.
A request that is not answered at all counts as infinite; then the others are not asked.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxying import HOST, OURS, THEIRS, Row, options, raise_open_files, servers, told, turns

from chaos_ext import world

if TYPE_CHECKING:
    import argparse

    from proxying import Server

Measured = dict[str, dict[str, list[float]]]
Request = tuple[str, str, object]
MEMORY = "idle: memory of each connection, KB"
IDLE_ASKED = "idle: slowest answer to a question, ms"
IDLE_TOLD = "idle: slowest answer to a toxic, ms"
STUCK_ASKED = "stuck: slowest answer to a question, ms"
STUCK_TOLD = "stuck: slowest answer to a change, ms"
HELD = "stuck: memory of the proxy, MB"
MEMORY_KB_MAX, IDLE_MS_MAX, STUCK_MS_MAX = 30.0, 50.0, 100.0
FLOOD_BYTES = 512 << 10
SEGMENT_BYTES, WINDOW_BYTES = (
    536,
    4096,
)  # small, or the kernel holds it all and nothing is stuck
UNANSWERED_S = 2.0
TOXICS = "/proxies/many/toxics"
LATENCY = {
    "name": "latency",
    "type": "latency",
    "stream": "downstream",
    "attributes": {"latency": 10},
}
QUESTIONS: list[Request] = [("GET", "/proxies", None), ("GET", TOXICS, None)]


def main() -> int:
    chosen = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    own = 50  # files that a proxy has open besides its connections
    idle = min(chosen.idle, (raise_open_files(2 * chosen.idle + own) - own) // 2)
    if idle < chosen.idle:
        print(f"only {idle} idle connections: this user may not open more files")
    for name in turns((THEIRS, OURS), chosen.rounds):
        with ends.serving(ends.echo) as (port, _), servers(chosen.ours, [name]) as started:
            _idle(measured, started[name], port, idle)
        with ends.serving(ends.flood) as (port, _), servers(chosen.ours, [name]) as started:
            _stuck(measured, started[name], port, chosen.stuck)
    return told([*_rows(measured)])


def _idle(into: Measured, server: Server, port: int, count: int) -> None:
    front = server.in_front_of(port, "many")
    before_bytes = server.rss_bytes()
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(ends.connect(front))
            connection.send(b"?")  # so that it is known to lead all the way
            assert connection.recv(1) == b"?"
        _quiet(server)
        grown_kb = (server.rss_bytes() - before_bytes) / 1000
        into[MEMORY][server.name].append(grown_kb / count)
        into[IDLE_ASKED][server.name].append(_slowest_ms(server, QUESTIONS * 10))
        into[IDLE_TOLD][server.name].append(_slowest_ms(server, _toxic_and_away() * 3))


def _stuck(into: Measured, server: Server, port: int, count: int) -> None:
    front = server.in_front_of(port, "many")
    server.asked("POST", TOXICS, LATENCY)
    with ExitStack() as stack:
        opened = [stack.enter_context(_deaf(front)) for _ in range(count)]
        _quiet(server)
        assert max(map(_unread, opened)) < FLOOD_BYTES / 2, (
            "the kernel took it all: none is stuck"
        )
        into[HELD][server.name].append(server.rss_bytes() / 1e6)
        into[STUCK_ASKED][server.name].append(_slowest_ms(server, QUESTIONS * 10))
        changes = [
            ("POST", f"{TOXICS}/latency", {"attributes": {"latency": 20}}),
            *_toxic_and_away(),
            ("DELETE", f"{TOXICS}/latency", None),
            ("POST", "/reset", None),
        ]
        into[STUCK_TOLD][server.name].append(_slowest_ms(server, changes + QUESTIONS))


def _toxic_and_away() -> list[Request]:
    return [("POST", TOXICS, {**LATENCY, "name": "more"}), ("DELETE", f"{TOXICS}/more", None)]


def _deaf(port: int) -> socket.socket:
    """A client that asks for much and reads nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    connection.connect((HOST, port))
    connection.send(ends.TOTAL.pack(FLOOD_BYTES))
    return connection


def _unread(connection: socket.socket) -> int:
    """How much waits in the kernel for this client to read it."""
    waiting: int = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4))[0]
    return waiting


def _quiet(server: Server) -> None:
    """Wait until the server has done what there was to do."""

    def unmoved() -> bool:
        before_s = server.cpu_s()
        world.sleep(0.2)
        return server.cpu_s() - before_s <= 0.01

    assert world.wait_until(unmoved, 30), f"{server.name} does not come to rest"


def _slowest_ms(server: Server, requests: list[Request]) -> float:
    slowest_ms = 0.0
    for request in requests:
        slowest_ms = max(slowest_ms, server.answer_ms(*request, timeout_s=UNANSWERED_S))
        if slowest_ms == float("inf"):
            break
    return slowest_ms


def _rows(measured: Measured) -> list[Row]:
    return [
        Row(MEMORY, measured[MEMORY], limit=MEMORY_KB_MAX),
        Row(IDLE_ASKED, measured[IDLE_ASKED], limit=IDLE_MS_MAX),
        Row(IDLE_TOLD, measured[IDLE_TOLD], limit=IDLE_MS_MAX),
        Row(HELD, measured[HELD], digits=0),
        Row(STUCK_ASKED, measured[STUCK_ASKED], limit=STUCK_MS_MAX),
        Row(STUCK_TOLD, measured[STUCK_TOLD], limit=STUCK_MS_MAX),
    ]


def _options() -> argparse.Namespace:
    parser = options(__doc__, rounds=3)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--stuck", type=int, default=1_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
