"""How long from the death of a runner until everything is healed by its guardian?

The kills of the crash campaign (tests/crash), in which nobody else's guardian dies: the numbers
are the campaign's, taken by a checker that shares no code with healing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

CAMPAIGN = Path(__file__).parents[1] / "tests" / "crash" / "campaign.py"
P99_MS_MAX = 1000


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        words = ["--kills", options.kills, "--seed", options.seed, "--folder", folder]
        argv = [
            sys.executable,
            CAMPAIGN,
            *words,
            "--both-every",
            0,
            "--most-p99-ms",
            P99_MS_MAX,
        ]
        return subprocess.run(list(map(str, argv)), check=False).returncode


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
