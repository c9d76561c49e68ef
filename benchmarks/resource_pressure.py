"""How near is what a resource fault takes to what it was told, and how soon is it all given back?

A real server that is kept busy, a guardian of its own, and measures from outside: the share from
the account of the process in the kernel, memory from its map, the end from /proc and /sys.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import FaultDidNotLand
from chaos_ext.lab import native
from chaos_ext.lease import identity
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Lease, Ledger
from chaos_ext.resource import cgroups, hogs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos_ext.lab.model import Lab

SHARES = (10, 25, 50, 80)
POINTS_MAX = 5.0
SIZES_MB = (64, 256, 1024)
MEMORY_MAX = 0.02
HEALED_S_MAX = 2.0
TARGET = "redis-1"
RUNNER = """
import sys, threading
from pathlib import Path
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Ledger
from dataclasses import replace
asked = Ledger().leases("its")[0]
guarded = Guarded("its", lambda message: None, Path(sys.argv[1]))
guarded.inject(replace(asked, id=asked.id + "-real"))
print("landed", guarded.pid, flush=True)
threading.Event().wait()
"""
# As much work as the server can do, asked by clients that do next to nothing themselves.
CLIENT = """
import socket, sys
door = socket.create_connection((sys.argv[1], int(sys.argv[2])))
script = b"local x = 0 for i = 1, 20000 do x = x + i end return x"
word = b"*3\\r\\n$4\\r\\nEVAL\\r\\n$%d\\r\\n%b\\r\\n$1\\r\\n0\\r\\n" % (len(script), script)
door.sendall(word * 8)
print("busy", flush=True)
while got := door.recv(4096):
    door.sendall(word * got.count(b":"))
"""


class Bench:
    """A lab of one server, a guardian, and leases on the one with the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, Ledger()
        settings = {**native_settings(), "replicas": 0, "sentinels": 0}
        self.lab: Lab = native.start(self.ledger, "redis", settings)
        self.guarded = Guarded("bench", lambda _message: None, folder / "guardian.log")
        server = self.ledger.server(self.lab.key(TARGET))
        assert server
        assert server.identity
        self.server, self.pid = server, server.identity.pid

    def lease(self, fault: str, run: str = "bench", **settings: object) -> Lease:
        address = self.server.spec["listen"]
        way = {"system": "redis", "bind": address, "service": address}
        if fault == "memory":
            settings["paths"] = {TARGET: {**way, "alive": self.server.spec["alive"]}}
        assert self.server.identity
        return Lease(
            world.token(), run, f"chaos_ext.resource.{fault}", TARGET, TARGET, self.server.key,
            self.server.identity, dict(settings), world.boottime_ns() + 60_000_000_000,
        )  # fmt: skip

    @contextmanager
    def busy(self) -> Iterator[None]:
        words = [sys.executable, "-ISc", CLIENT, *map(str, self.server.spec["listen"])]
        child = world.start_process(words, pipes=True)
        assert child.stdout
        child.stdout.readline()
        try:
            yield
        finally:
            child.kill()
            child.communicate()

    def close(self) -> None:
        self.guarded.goodbye()
        from chaos_ext.lease import sweep  # noqa: PLC0415 - only to leave nothing

        sweep.end_lab(self.ledger, self.lab.id, patience_s=0.0)
        self.ledger.close()


def native_settings() -> dict[str, object]:
    from chaos_ext.environment import read  # noqa: PLC0415 - a fresh state folder comes first

    return dict(read.load("native").systems["redis"])


def ran_ns(pid: int) -> int:
    """How long a process has run, by the kernel's own clock for it."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def share(pid: int, for_s: float) -> float:
    """The share of a core that it gets, in percent."""
    began, before = world.monotonic_ns(), ran_ns(pid)
    world.sleep(for_s)
    return 100 * (ran_ns(pid) - before) / (world.monotonic_ns() - began)


def in_mb(pid: int, file: str, word: str) -> float:
    """What a file of the kernel about a process says of its memory."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{word}:")) / 1024


def cpu(bench: Bench, by: str, samples: int) -> bool:
    """The share of a busy server at each setting."""
    good = True
    for percent in SHARES:
        with bench.busy():
            free = share(bench.pid, 0.3)
            try:
                landed = bench.guarded.inject(bench.lease("cpu", percent=percent, by=by))
            except FaultDidNotLand as error:
                print(
                    f"cpu {percent:3d} % by {by}: {error}; without {free:.0f}: a busy machine?"
                )
                good = False
                continue
            got = [share(bench.pid, 0.5) for _ in range(samples)]
            bench.guarded.heal("next")
        worst = max(got, key=lambda each: abs(each - percent))
        median = statistics.median(got)
        good &= abs(median - percent) <= POINTS_MAX
        print(
            f"cpu {percent:3d} % by {by}: median {median:5.1f}, worst {worst:5.1f} of {samples}"
            f" (allowed {POINTS_MAX:g} points); without {free:.0f}; landed in {landed['ms']:.0f} ms"
        )
    return good


def memory(bench: Bench) -> bool:
    """The size of the hog at each setting, from the first moment on."""
    good = True
    for mb in SIZES_MB:
        lease = bench.lease("memory", mb=mb)
        seen: list[float] = []
        landed = bench.guarded.inject(lease)
        (pid,) = hogs.left(lease.id)
        for _ in range(50):
            seen.append(in_mb(pid, "smaps_rollup", "Rss"))
            world.sleep(0.02)
        seen.append(in_mb(pid, "status", "VmHWM"))  # the most it ever had
        bench.guarded.heal("next")
        worst = max(seen, key=lambda each: abs(each - mb))
        good &= abs(worst - mb) <= mb * MEMORY_MAX and max(seen) <= mb
        print(
            f"memory {mb:4d} MB: {min(seen):.1f} to {max(seen):.1f} MB, off by at most "
            f"{100 * abs(worst - mb) / mb:.2f} % (allowed {100 * MEMORY_MAX:g} %, and never more); "
            f"landed in {landed['ms']:.0f} ms"
        )
    return good


def healing(bench: Bench, rounds: int) -> bool:
    """From the SIGKILL of a runner until its guardian has given everything back."""
    faults = {"memory": {"mb": 256}}
    if not cgroups.possible("cpu"):
        faults["cpu"] = {"percent": 20, "by": "cgroup"}
    good = True
    for fault, settings in faults.items():
        took = [killed(bench, fault, settings) for _ in range(rounds)]
        good &= max(took) <= HEALED_S_MAX
        print(
            f"{fault} healed after SIGKILL of the runner: median {statistics.median(took):.3f} s, "
            f"worst {max(took):.3f} s of {rounds} (allowed {HEALED_S_MAX:g} s)"
        )
    return good


def killed(bench: Bench, fault: str, settings: dict[str, object]) -> float:
    lease = bench.lease(fault, run="its", **settings)
    bench.ledger.intend(lease)
    log = str(bench.folder / "its.log")
    runner = world.start_process([sys.executable, "-c", RUNNER, log], pipes=True)
    assert runner.stdout
    guardian = identity.of(int(runner.stdout.readline().split()[1]))
    bench.ledger.change("delete from leases where id = ?", lease.id)
    assert taken(f"{lease.id}-real")
    runner.send_signal(signal.SIGKILL)
    began = world.monotonic_ns()
    gone = world.wait_until(lambda: not taken(f"{lease.id}-real"), 10.0, every_s=0.001)
    took_s = (world.monotonic_ns() - began) / 1e9
    runner.communicate()
    guardian.wait(10.0)
    return took_s if gone else float("inf")


def taken(lease_id: str) -> bool:
    """Whether a hog or a group of the lease is there, as /proc and /sys tell it."""
    groups = Path("/sys/fs/cgroup").rglob(f"chaos_ext_{lease_id}")
    return bool(hogs.left(lease_id)) or any(True for _ in groups)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHAOS_STATE"] = folder
        bench = Bench(Path(folder))
        try:
            good = [memory(bench), healing(bench, options.rounds)]
            if not cgroups.possible("cpu"):
                good.append(cpu(bench, "cgroup", options.samples))
            if options.hogs:
                cpu(bench, "hogs", options.samples)  # told, and promised to nobody
        finally:
            bench.close()
    return 0 if all(good) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hogs", action="store_true", help="also what hogs leave")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
