"""How long from asking for a kill until the process is proved gone, by the way that YAML takes?

The real way: `process.actions.kill`, the conductor's session, the socket to a guardian of its own,
the intent on disk, the signal, and the proof by a pidfd. Real servers, started again each time.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.environment import read
from chaos_ext.lab import native
from chaos_ext.lease import session
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Lease, Ledger
from chaos_ext.process import actions

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab
    from chaos_ext.lease.identity import Identity
    from chaos_ext.lease.session import Asked

P50_MS_MAX, P99_MS_MAX = 5.0, 20.0
TARGET = "redis-2"  # a replica: no failover comes between two kills


@dataclass(frozen=True, slots=True)
class Kills:
    """The conductor of this benchmark: it resolves the target and asks the guardian."""

    ledger: Ledger
    lab: Lab
    guarded: Guarded

    def node(self, target: str) -> Identity:
        return self.ledger.server(self.lab.key(target)).identity

    def inject(self, asked: Asked) -> dict:
        lease = Lease(
            world.token(), "benchmark", asked.fault, asked.target, asked.target,
            self.lab.key(asked.target), self.node(asked.target), asked.settings,
            world.boottime_ns() + int(asked.for_s * 1e9),
        )  # fmt: skip
        return self.guarded.inject(lease)


def main() -> int:
    kills = _options().kills
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHAOS_STATE"] = folder
        times_ms = sorted(measure(kills, Path(folder)))
    p50, p99 = (times_ms[int(share * (kills - 1) + 0.5)] for share in (0.5, 0.99))
    print(f"kills {kills}, from the call to the proof that the process is gone")
    print(f"p50 {p50:.2f} ms (allowed {P50_MS_MAX:g}, {P50_MS_MAX / p50:.1f} times better)")
    print(f"p99 {p99:.2f} ms (allowed {P99_MS_MAX:g}, {P99_MS_MAX / p99:.1f} times better)")
    print(f"max {times_ms[-1]:.2f} ms")
    return 0 if p50 <= P50_MS_MAX and p99 <= P99_MS_MAX else 1


def measure(kills: int, folder: Path) -> list[float]:
    """The time of each kill, in milliseconds."""
    ledger = Ledger()
    guarded = Guarded("benchmark", lambda _message: None, folder / "guardian.log")
    settings = {**read.load("native").systems["redis"], "replicas": 1, "sentinels": 0}
    lab = native.start(ledger, "redis", settings, run="benchmark", launch=guarded.start)
    session.begin(Kills(ledger, lab, guarded))
    try:
        return [_one(guarded) for _ in range(kills)]
    finally:
        guarded.goodbye()
        ledger.close()


def _one(guarded: Guarded) -> float:
    began_ns = world.monotonic_ns()
    actions.kill(TARGET, for_s=60)
    took_ms = (world.monotonic_ns() - began_ns) / 1e6
    left = guarded.heal("the next")
    assert left == [], left
    return took_ms


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
