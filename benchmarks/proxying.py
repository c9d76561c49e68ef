"""What the benchmarks of the proxy share: two proxy servers with one API, turns, and a table.

Ours and the real Toxiproxy are treated by the same code: whatever one of them is asked, the other
is asked as well.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOST = "127.0.0.1"
TOXIPROXY_VERSION = "2.12.0"
TOXIPROXY_MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{TOXIPROXY_VERSION}"
DIRECT, THEIRS, OURS = "direct", "toxiproxy", "ours"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Server:
    """A running proxy server, ours or theirs."""

    name: str
    process: subprocess.Popen[bytes]
    api_port: int

    def ask(
        self, method: str, path: str, body: Any = None, timeout_s: float = 30.0
    ) -> tuple[int, Any]:
        """One request on a connection of its own: its status, and its body read as JSON."""
        connection = http.client.HTTPConnection(HOST, self.api_port, timeout=timeout_s)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def asked(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request that must succeed."""
        status, answer = self.ask(method, path, body)
        assert status < 300, f"{self.name}: {method} {path}: {status} {answer}"
        return answer

    def answer_ms(
        self, method: str, path: str, body: Any = None, timeout_s: float = 5.0
    ) -> float:
        """How long a successful answer took; infinite when there was none in time."""
        began_ns = world.monotonic_ns()
        try:
            status, _ = self.ask(method, path, body, timeout_s)
        except TimeoutError:
            return float("inf")
        assert status < 300, f"{self.name}: {method} {path}: {status}"
        return (world.monotonic_ns() - began_ns) / 1e6

    def in_front_of(self, port: int, name: str) -> int:
        """Make a proxy *name* in front of *port*; the port it listens on."""
        proxy = {"name": name, "listen": f"{HOST}:0", "upstream": f"{HOST}:{port}"}
        listen: str = self.asked("POST", "/proxies", proxy)["listen"]
        return int(listen.rpartition(":")[2])

    def add_toxic(self, proxy: str, type_: str, stream: str, **attributes: int) -> None:
        """One toxic on *proxy*, named as its type."""
        toxic = {"name": type_, "type": type_, "stream": stream, "attributes": attributes}
        self.asked("POST", f"/proxies/{proxy}/toxics", toxic)

    def cpu_s(self) -> float:
        """Processor time it has used since it was started."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        utime, stime = stat.rpartition(")")[2].split()[11:13]
        return (int(utime) + int(stime)) / TICKS_PER_S

    def rss_bytes(self) -> int:
        """Memory it holds now."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii")
        return int(statm.split()[1]) * PAGE_BYTES

    def open_files(self) -> int:
        """How many file descriptors it holds now."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208 - only counted


def options(purpose: str | None, rounds: int = 0) -> argparse.ArgumentParser:
    """What every benchmark of the proxy can be told; not all of them go in rounds."""
    parser = argparse.ArgumentParser(description=purpose)
    if rounds:
        parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument(
        "--ours",
        default=f"{shlex.quote(sys.executable)} -m chaos_ext.proxy",
        help="the command that is measured as ours; it takes Toxiproxy's flags",
    )
    return parser


@contextmanager
def servers(ours: str, names: Sequence[str] = (THEIRS, OURS)) -> Iterator[dict[str, Server]]:
    """Start the proxy servers of *names*; they end with the block."""
    commands = {THEIRS: [str(toxiproxy())] if THEIRS in names else [], OURS: shlex.split(ours)}
    with ExitStack() as stack:
        yield {name: stack.enter_context(_serving(name, commands[name])) for name in names}


@contextmanager
def _serving(name: str, command: list[str]) -> Iterator[Server]:
    port = free_port()
    argv = [*command, "-host", HOST, "-port", str(port)]
    server = Server(name, world.start_process(argv, dies_with_us=True), port)
    try:
        if not world.wait_until(lambda: _answers(server), 15):
            sys.exit(
                f"{name}: `{shlex.join(argv)}` does not answer: start it by hand to see why"
            )
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def _answers(server: Server) -> bool:
    try:
        return server.ask("GET", "/version", timeout_s=1)[0] == 200
    except OSError:
        return False


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server((HOST, 0)) as door:
        port: int = door.getsockname()[1]
    return port


def toxiproxy() -> Path:
    """The real Toxiproxy: what $CHAOS_TOXIPROXY names, or built once and kept in the cache."""
    if named := os.environ.get("CHAOS_TOXIPROXY"):
        return Path(named)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "chaos_ext" / f"toxiproxy-{TOXIPROXY_VERSION}"
    binary = folder / "server"
    if not binary.exists():
        go = shutil.which("go")
        if not go:
            sys.exit(
                "toxiproxy: no `go` on PATH to build it: install Go, or set CHAOS_TOXIPROXY"
            )
        print(f"building Toxiproxy {TOXIPROXY_VERSION}, once", flush=True)
        build = {**os.environ, "GOBIN": str(folder)}
        if subprocess.run([go, "install", TOXIPROXY_MODULE], env=build, check=False).returncode:
            sys.exit(f"toxiproxy: `go install {TOXIPROXY_MODULE}` failed: see above")
    return binary


def turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Every name once a round, each round beginning with another."""
    for number in range(rounds):
        first = number % len(names)
        yield from (*names[first:], *names[:first])


def raise_open_files(wanted: int) -> int:
    """Let us, and what we start, open *wanted* files, or as many as we may; how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, OSError):  # only root may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what was measured of each, and what ours must reach."""

    what: str
    measured: Mapping[str, Sequence[float]]
    at_least: float = 0.0  # x theirs
    at_most: float = 0.0  # x theirs
    limit: float = 0.0  # no more than this, whatever theirs is
    digits: int = 1

    def median(self, name: str) -> float:
        """The median of the rounds; not a number where nothing was measured."""
        return statistics.median(self.measured[name]) if name in self.measured else float("nan")

    def passed(self) -> bool:
        """Whether ours reached what it must."""
        ours, theirs = self.median(OURS), self.median(THEIRS)
        return not (
            (self.at_least and not ours >= self.at_least * theirs)
            or (self.at_most and not ours <= self.at_most * theirs)
            or (self.limit and not ours <= self.limit)
        )

    def text(self) -> str:
        """The line."""
        cells = "".join(f"{self._cell(name):>24}" for name in (DIRECT, THEIRS, OURS))
        theirs = self.median(THEIRS)
        ratio = f"{self.median(OURS) / theirs:6.2f}x" if theirs > 0 else f"{'':7}"
        goals = {">=": self.at_least, "<=": self.at_most}
        must = [f"{sign} {goal:g}x" for sign, goal in goals.items() if goal]
        must += [f"<= {self.limit:g}"] if self.limit else []
        told = ("ok" if self.passed() else "NOT REACHED") if must else ""
        return f"{self.what:42}{cells}{ratio:>9}  {', '.join(must):9} {told}".rstrip()

    def _cell(self, name: str) -> str:
        values = self.measured.get(name)
        if not values:
            return "-"
        low, middle, high = (
            f"{f(values):.{self.digits}f}" for f in (min, statistics.median, max)
        )
        return f"{middle} [{low}-{high}]" if len(values) > 1 else middle


def told(rows: Sequence[Row]) -> int:
    """Print the table; 0 when everything was reached."""
    print(f"{'median [least-most]':42}{DIRECT:>24}{THEIRS:>24}{OURS:>24}{'ratio':>9}  must")
    for row in rows:
        print(row.text())
    return 0 if all(row.passed() for row in rows) else 1
