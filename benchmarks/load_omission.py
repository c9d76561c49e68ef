"""Shows what a load hides when it has too few users: 300/s, 2 s deadline, a freeze of 5 s.

Run with `python benchmarks/load_omission.py`; it takes about 25 s. A server that answers at once
is frozen in between. The truth is computed: an arrival of the freeze waits until the thaw, or
for its whole deadline.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from redis import Redis, RedisError

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.load.client import Load
from chaos_ext.load.plan import LoadSettings

RATE_PER_S, DEADLINE_S = 300, 2.0
BEFORE_S, FREEZE_S, AFTER_S = 2.0, 5.0, 3.0
ON_TIME_S = 0.1
HOST, PORT = f"127.83.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}", 7381
S = 1_000_000_000


def main() -> None:
    """Measure both loads and print them side by side."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (measured(Path(folder), users) for users in (20, 600))
    print(f"{'':40}{'20 users':>12}{'600 users':>12}{'ratio':>9}")
    for name in few:
        ratio = many[name] / few[name] if few[name] else float("inf")
        print(f"{name:40}{few[name]:12.0f}{many[name]:12.0f}{ratio:8.2f}x")


def measured(folder: Path, users: int) -> dict[str, float]:
    """One load of *users* over one freeze."""
    here = folder / str(users)
    here.mkdir()
    program = next(Path(sys.prefix).rglob("valkey-server"))
    words = [program, "--bind", HOST, "--port", PORT, "--dir", here, "--save", ""]
    # A listen queue shorter than the load would refuse on its own, besides the freeze.
    words += ["--tcp-backlog", "4096"]
    server = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)
    try:
        assert world.wait_until(answers, 10)
        from_ns, to_ns = run(here, users, server)
    finally:
        server.kill()
        server.wait()
    return figures(rows.read_rows(here / "load.bin", rows.ARRIVAL), from_ns, to_ns)


def answers() -> bool:
    """Whether the server is up."""
    try:
        with Redis(HOST, PORT, socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False


def run(folder: Path, users: int, server: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Load the server and freeze it; from when to when it was frozen."""
    target = {"primary": [HOST, PORT]}
    load = Load.start(
        LoadSettings("redis", "bench", RATE_PER_S, DEADLINE_S, users, target), folder
    )
    try:
        assert load.ready(20), load.waiting_for
        load.go()
        world.sleep(BEFORE_S)
        server.send_signal(signal.SIGSTOP)
        from_ns = world.monotonic_ns()
        world.sleep(FREEZE_S)
        to_ns = world.monotonic_ns()
        server.send_signal(signal.SIGCONT)
        world.sleep(AFTER_S)
    finally:
        load.stop(10)
    return from_ns, to_ns


def figures(told: np.ndarray, from_ns: int, to_ns: int) -> dict[str, float]:
    """What this load says about the freeze and about the whole run, beside what is true."""
    is_frozen = (told["intended_ns"] >= from_ns) & (told["intended_ns"] < to_ns)
    was_sent = told["outcome"] != rows.DROPPED
    waits_s = np.minimum((to_ns - told["intended_ns"]) / S, DEADLINE_S)
    truth_s = np.where(is_frozen, waits_s, 0.0)
    intended_s = (told["finished_ns"] - told["intended_ns"]) / S
    sent_s = (told["finished_ns"] - told["sent_ns"]) / S
    late_s = ((told["sent_ns"] - told["intended_ns"]) / S)[is_frozen & was_sent]
    return {
        "planned in the freeze": np.count_nonzero(is_frozen),
        "- sent before their deadline": len(late_s),
        f"- sent within {ON_TIME_S * 1000:g} ms of their time": np.sum(late_s < ON_TIME_S),
        "- median delay of sending, ms": np.median(late_s) * 1000,
        "p99 of the run, truth, ms": np.percentile(truth_s, 99) * 1000,
        "- from the intended time, ms": np.percentile(intended_s, 99) * 1000,
        "- from sending (what omits it), ms": np.percentile(sent_s[was_sent], 99) * 1000,
    }


if __name__ == "__main__":
    main()
