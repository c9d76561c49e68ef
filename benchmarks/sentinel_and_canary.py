"""What the canary measured against what the sentinels logged, for real failovers.

Usage: python benchmarks/sentinel_and_canary.py [runs]

Each run is `chaos run experiments/redis_failover.yaml`. The sentinels log the promotion of a
replica (+promoted-slave) and the switch that clients are told of (+switch-master) with the wall
clock in milliseconds. From the promotion on, the sentinel that leads the failover hands out the
new address, before it logs the switch: so the canary's outage must end after the promotion, and
may end before the first +switch-master. Both differences are printed.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from chaos_ext.evidence import events
from chaos_ext.history import compact, outage

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(
    r"^\d+:X (\d+ \w+ \d+ [\d:.]+) \S (\+promoted-slave|\+switch-master)", re.MULTILINE
)


def one_run(reports: Path) -> Path:
    """Run the experiment; its folder."""
    subprocess.run(
        [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file", "run",
         "--journal-path", str(reports / "journal.json"), str(ROOT / "experiments/redis_failover.yaml")],
        env={**os.environ, "CHAOS_REPORTS": str(reports), "TZ": "UTC"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return (reports / "redis_failover" / "latest").resolve()


def logged(folder: Path) -> dict[str, list[float]]:
    """Unix times of promotion and of each sentinel's switch."""
    found: dict[str, list[float]] = {"+promoted-slave": [], "+switch-master": []}
    for log in (folder / "logs").glob("sentinel-*.log"):
        for stamp, what in LINE.findall(log.read_text()):
            at = datetime.strptime(stamp, "%d %b %Y %H:%M:%S.%f").replace(tzinfo=UTC)
            found[what].append(at.timestamp())
    return found


def measured(folder: Path) -> tuple[float, float, float]:
    """Unix time of the kill, and of the last good write before and the first one after."""
    told = events.read(folder / "events.jsonl")
    first = told[0]
    offset_s = datetime.fromisoformat(first["t"]).timestamp() - first["mono_ns"] / 1e9
    landed = next(e for e in told if e["event"] == "fault" and e["state"] == "in_place")
    longest = outage.longest(compact.read_canary(folder))
    assert longest is not None
    return (
        landed["mono_ns"] / 1e9 + offset_s,
        longest.last_good_ns / 1e9 + offset_s,
        longest.next_good_ns / 1e9 + offset_s,
    )


def main() -> None:
    """Run, compare, print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    after_promotion, after_switch = [], []
    with tempfile.TemporaryDirectory() as reports:
        for number in range(runs):
            folder = one_run(Path(reports))
            log, (killed, _, back) = logged(folder), measured(folder)
            promoted, first, last = (
                min(log["+promoted-slave"]), min(log["+switch-master"]), max(log["+switch-master"])
            )  # fmt: skip
            after_promotion.append((back - promoted) * 1000)
            after_switch.append((back - first) * 1000)
            print(
                f"run {number + 1}: promoted {promoted - killed:.3f} s after the kill, "
                f"switched {first - killed:.3f} to {last - killed:.3f} s, canary writes again "
                f"{back - killed:.3f} s: {after_promotion[-1]:+.0f} ms after the promotion, "
                f"{after_switch[-1]:+.0f} ms after the first switch",
                flush=True,
            )
    print(
        f"median: {statistics.median(after_promotion):+.0f} ms after the promotion, "
        f"{statistics.median(after_switch):+.0f} ms after the first switch"
    )


if __name__ == "__main__":
    main()
