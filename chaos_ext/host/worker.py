"""A plain process with limits of its own that works, keeps what it is given, and leaks when told to.

It stands for whatever runs on a host beside the servers: `python -m chaos_ext.host.worker`. It is a
real process with a real limit of memory and files, which the kernel enforces, so that a leak ends as
leaks end. Asked one line, it answers one: PING, INFO, and WORK (so many milliseconds of a processor).
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import socketserver
import sys
import threading
from pathlib import Path

from chaos_ext import world

EVERY_S = 0.05  # it works, and leaks, a little each time
PAGE_BYTES = resource.getpagesize()
MB = 1 << 20
WORK_MS_MAX = 10_000
_DATA = 5  # field of statm: the data and stack that RLIMIT_DATA counts


class Limits:
    """What the process may have, and what it has of it."""

    def __init__(self, memory_mb: int, files: int) -> None:
        """Have the kernel keep to them."""
        self.memory_bytes, self.files = memory_mb * MB, files
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory_bytes, self.memory_bytes))
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    def used_bytes(self) -> int:
        """What counts for the limit of memory."""
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
        return int(fields[_DATA]) * PAGE_BYTES


class Leaking:
    """Keeps a little more each time, and never gives it back."""

    def __init__(self, kb_per_s: int, files_per_s: int) -> None:
        """Nothing is kept so far."""
        self._kb_per_s, self._files_per_s = kb_per_s, files_per_s
        self._began_ns = world.monotonic_ns()
        self._memory: list[bytearray] = []
        self._files: list[object] = []

    def leak(self) -> None:
        """As much as is due by now; MemoryError or OSError when there is no more."""
        passed_s = (world.monotonic_ns() - self._began_ns) / 1e9
        while len(self._memory) < passed_s * self._kb_per_s / 64:
            self._memory.append(bytearray(b"\1") * (64 << 10))  # written, so that it is there
        while len(self._files) < passed_s * self._files_per_s:
            self._files.append(Path("/dev/null").open("rb"))  # noqa: SIM115 - that is the leak


class Server(socketserver.ThreadingTCPServer):
    """Answers one line with one line."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], limits: Limits) -> None:
        """Listen at *address*."""
        self.limits = limits
        super().__init__(address, Asked)


class Asked(socketserver.StreamRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        """Answer until nobody asks any more."""
        for line in self.rfile:
            self.wfile.write(f"{self._answer(line.decode(errors='replace'))}\r\n".encode())

    def _answer(self, line: str) -> str:
        match line.split():
            case ["PING"]:
                return "+PONG"
            case ["INFO"]:
                limits = self.server.limits
                told = {"memory_bytes": limits.used_bytes(), "limit_bytes": limits.memory_bytes}
                return json.dumps(told)
            case ["WORK", text] if text.isdigit() and int(text) <= WORK_MS_MAX:
                return f"+{work(int(text)) / 1e6:.3f}"
        return "-ERR it knows PING, INFO and WORK <milliseconds>"


def work(cpu_ms: int) -> int:
    """Use a processor for *cpu_ms*; how many nanoseconds that took on the clock."""
    began_ns, until_ns = world.monotonic_ns(), world.cpu_ns() + cpu_ms * 1_000_000
    while world.cpu_ns() < until_ns:
        pass
    return world.monotonic_ns() - began_ns


def main(arguments: list[str]) -> int:
    """Serve, work and leak until somebody ends us, or there is nothing left to leak."""
    told = _options().parse_args(arguments)
    host, _, port = told.listen.rpartition(":")
    limits = Limits(told.memory_mb, told.files)
    server = Server((host, int(port)), limits)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    leaking = Leaking(told.leak_kb_per_s, told.leak_files_per_s)
    try:
        while not over.wait(EVERY_S * (1 - told.busy_percent / 100)):
            work(int(EVERY_S * told.busy_percent * 10))
            leaking.leak()
    except (MemoryError, OSError) as error:
        print(f"out of what it may have: {str(error) or 'memory'}", flush=True)  # noqa: T201 - its log
        return 1
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, help="HOST:PORT")
    parser.add_argument("--memory-mb", type=int, default=64, help="that it may have")
    parser.add_argument("--files", type=int, default=256, help="that it may have open")
    parser.add_argument("--busy-percent", type=int, default=0, help="of a processor")
    parser.add_argument("--leak-kb-per-s", type=int, default=0)
    parser.add_argument("--leak-files-per-s", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
