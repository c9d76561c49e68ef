"""What does a disk lose by leading through our pass-through, and how true are its delays?

A real folder and one that leads through us, by turns and by the same code: a server that fsyncs
every write (`appendfsync always`) under 50 clients, single writes made durable, single reads; then
an fsync that is told to take 100 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import statistics
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from proxying import HOST, free_port, turns

from chaos_ext import world
from chaos_ext.lab import binaries
from chaos_ext.passthrough import mounting, syscalls
from chaos_ext.redis.lab import BINARY

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN, THROUGH = "real folder", "pass-through"
SETS, SYNC, READ, DELAYED = (
    "SET/s, every one fsynced",
    "write + fdatasync, us",
    "read of 4 KiB, us",
    "fsync told to take 100 ms, ms",
)
SETS_PER_S_MIN = 4_800
DELAY_MS, DELAY_SEEN_MS_MAX = 100, 101.5
_SET = b"*3\r\n$3\r\nSET\r\n$8\r\nkey:%04d\r\n$32\r\n" + b"v" * 32 + b"\r\n"
_OK = b"+OK\r\n"
Measured = dict[str, dict[str, list[float]]]


def main() -> int:
    chosen = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder)))
        folders = {PLAIN: place / "plain", THROUGH: place / "through"}
        for folder in folders.values():
            folder.mkdir()
        control = stack.enter_context(_passing(folders[THROUGH]))
        ports = {name: stack.enter_context(_redis(folder)) for name, folder in folders.items()}
        for name in turns((PLAIN, THROUGH), chosen.rounds):
            measured[SETS][name].append(_sets_per_s(ports[name], chosen.clients, chosen.for_s))
            measured[SYNC][name].append(_median_us(folders[name], chosen.operations, _synced))
            measured[READ][name].append(_median_us(folders[name], chosen.operations, _was_read))
        with _slow(control):
            for _ in range(chosen.rounds):
                seen_us = _median_us(folders[THROUGH], 5, _fsynced)
                measured[DELAYED][THROUGH].append(seen_us / 1e3)
    return _told(measured)


@contextmanager
def _passing(folder: Path) -> Iterator[int]:
    """A pass-through over *folder*; the port it is commanded at."""
    port = free_port()
    argv = [sys.executable, "-m", "chaos_ext.passthrough", "--folder", folder]
    server = world.start_process([*argv, "--listen", f"{HOST}:{port}"], dies_with_us=True)
    try:
        if not world.wait_until(lambda: mounting.top(folder) is not None, 15):
            sys.exit("the pass-through does not mount: this needs root, and /dev/fuse")
        yield port
    finally:
        server.terminate()
        server.wait()
        while mounting.is_dead(folder):
            syscalls.detach(os.fsencode(folder))


@contextmanager
def _redis(folder: Path) -> Iterator[int]:
    """A real server with its data in *folder*; its port."""
    port = free_port()
    argv = [binaries.find(BINARY).path, "--bind", HOST, "--port", str(port), "--dir", folder]
    argv += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
    server = world.start_process(argv, cwd=folder, dies_with_us=True)
    try:
        if not world.wait_until(lambda: _answers(port), 15):
            sys.exit(f"the server does not answer: start it by hand to see why: {argv}")
        yield port
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), 1) as door:
            door.sendall(b"PING\r\n")
            return door.recv(100).startswith(b"+PONG")
    except OSError:
        return False


def _sets_per_s(port: int, clients: int, for_s: float) -> float:
    """How many writes were acknowledged to *clients* that each wait for one before the next."""
    with selectors.DefaultSelector() as ready, ExitStack() as stack:
        for number in range(clients):
            door = stack.enter_context(socket.create_connection((HOST, port)))
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(door, selectors.EVENT_READ, number)
            door.sendall(_SET % number)
        acknowledged, began_ns = 0, world.monotonic_ns()
        while world.monotonic_ns() - began_ns < for_s * 1e9:
            for key, _ in ready.select():
                answer = key.fileobj.recv(100)
                assert answer == _OK, answer
                acknowledged += 1
                key.fileobj.sendall(_SET % key.data)
        return acknowledged / ((world.monotonic_ns() - began_ns) / 1e9)


def _median_us(folder: Path, times: int, do) -> float:
    fd = os.open(folder / "of the benchmark", os.O_CREAT | os.O_RDWR)
    try:
        os.pwrite(fd, b"x" * 4096, 0)
        took_us = []
        for _ in range(times):
            began_ns = world.monotonic_ns()
            do(fd)
            took_us.append((world.monotonic_ns() - began_ns) / 1e3)
    finally:
        os.close(fd)
    return statistics.median(took_us)


def _synced(fd: int) -> None:
    os.pwrite(fd, b"x" * 100, 0)
    os.fdatasync(fd)


def _was_read(fd: int) -> None:
    os.pread(fd, 4096, 0)


def _fsynced(fd: int) -> None:
    os.fsync(fd)


@contextmanager
def _slow(port: int) -> Iterator[None]:
    rule = {"lease": "benchmark", "do": "slow", "ops": ["fsync"], "ms": DELAY_MS}
    deadline_ns = world.boottime_ns() + 600_000_000_000
    with socket.create_connection((HOST, port)) as lease:
        lease.sendall(json.dumps({"put": [rule], "deadline_ns": deadline_ns}).encode() + b"\n")
        answer = lease.recv(1000)
        assert json.loads(answer)["ok"], answer
        yield


def _told(measured: Measured) -> int:
    """Print the table; 0 when everything was reached."""
    sets = statistics.median(measured[SETS][THROUGH])
    seen_ms = statistics.median(measured[DELAYED][THROUGH])
    musts = {
        SETS: (f">= {SETS_PER_S_MIN}", sets >= SETS_PER_S_MIN),
        DELAYED: (
            f"{DELAY_MS} to {DELAY_SEEN_MS_MAX:g}",
            DELAY_MS <= seen_ms <= DELAY_SEEN_MS_MAX,
        ),
    }
    print(f"{'median [least-most]':32}{PLAIN:>26}{THROUGH:>26}  must")
    for what, by_name in measured.items():
        cells = "".join(f"{_cell(by_name.get(name, ())):>26}" for name in (PLAIN, THROUGH))
        must, reached = musts.get(what, ("", True))
        print(f"{what:32}{cells}  {must} {'' if reached else 'NOT REACHED'}".rstrip())
    return 0 if all(reached for _, reached in musts.values()) else 1


def _cell(values) -> str:
    if not values:
        return "-"
    return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--for-s", type=float, default=2.0, help="of load, each")
    parser.add_argument("--operations", type=int, default=500)
    parser.add_argument("--folder", help="on which disk; that of temporary files otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
