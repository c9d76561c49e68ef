"""What does the sampler itself take, and does it keep its pace, with ten real servers to look at?

Seen from outside: the CPU time that the kernel counts for its process, over at least 30 s, the
start not counted in. All ten are asked about themselves and looked at four times a second.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.environment import read
from chaos_ext.history.compact import read_looks
from chaos_ext.history.usage import by_target
from chaos_ext.lab import native
from chaos_ext.lease.ledger import Ledger
from chaos_ext.resource.sampling import Sampler, SamplerSettings, Watch

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab

SHARE_MAX = 0.01  # of one core
EVERY_MS = 250
KEPT_MIN = 0.99  # of the looks that the pace promises
SERVERS = {"replicas": 6, "sentinels": 3, "quorum": 2}  # ten in all
_USER, _SYSTEM = 11, 12  # fields of /proc/<pid>/stat after the name


def main() -> int:
    seconds = _options().seconds
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHAOS_STATE"] = folder
        ledger = Ledger()
        settings = {**read.load("native").systems["redis"], **SERVERS}
        lab = native.start(ledger, "redis", settings)
        try:
            share, summary = measure(lab, Path(folder), seconds)
            looks = by_target(read_looks(Path(folder)))
        finally:
            native.stop(ledger, lab.id)
    promised = seconds * 1e3 / EVERY_MS
    kept = min(len(each) for each in looks.values()) / promised
    known = min((each["connections"] >= 0).mean() for each in looks.values())
    print(
        f"{len(looks)} servers, {seconds:g} s: {share:.2%} of a core (allowed {SHARE_MAX:.0%})"
    )
    print(
        f"looks kept: {min(kept, 1):.1%}, answered: {known:.1%} (each at least {KEPT_MIN:.0%})"
    )
    print(f"the latest round began {summary['late_ms_max']:.1f} ms late")
    good = len(looks) == len(lab.nodes) and kept >= KEPT_MIN and known >= KEPT_MIN
    return 0 if good and share <= SHARE_MAX else 1


def measure(lab: Lab, folder: Path, seconds: float) -> tuple[float, dict]:
    """The share of a core that the sampler took, and what it says of itself."""
    targets = [
        Watch(node.name, lab.system, node.bind, lab.key(node.name)) for node in lab.nodes
    ]
    sampler = Sampler.start(SamplerSettings(targets, EVERY_MS), folder, print)
    try:
        assert sampler.ready(10)
        before_ns, used_s = world.monotonic_ns(), _used_s(sampler.pid)
        world.sleep(seconds)
        used_s = _used_s(sampler.pid) - used_s
        lasted_s = (world.monotonic_ns() - before_ns) / 1e9
    finally:
        summary = sampler.stop()
    return used_s / lasted_s, summary


def _used_s(pid: int) -> float:
    """CPU time of all its threads, for itself and for what the kernel did for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="how long it is watched")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
