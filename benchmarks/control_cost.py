"""What does our control add to a run that asks nothing of it: no fault, no lab, no load?

The same trivial experiment with and without the control, by turns, so that a slow moment of the
machine meets both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from chaos_ext import world

RUN_S_MORE_MAX = 1.0
IMPORT_MS_MAX = 150.0
IMPORT = """
import time; began = time.perf_counter()
import chaos_ext.control
print((time.perf_counter() - began) * 1e3)
"""
HOST = "import chaoslib.run, chaoslib.experiment, chaostoolkit.cli"  # there in any run


def main() -> int:
    rounds = _options().rounds
    with tempfile.TemporaryDirectory() as folder:
        plain, guarded = (files(Path(folder), control=control) for control in (False, True))
        pairs = [(run(plain), run(guarded)) for _ in range(rounds)]
    more_s = statistics.median(with_s - without_s for without_s, with_s in pairs)
    plain_s, with_s = (statistics.median(each) for each in zip(*pairs, strict=True))
    import_ms = statistics.median(imported() for _ in range(rounds))
    print(f"rounds {rounds}: median without {plain_s:.2f} s, with the control {with_s:.2f} s")
    print(
        f"the control adds {more_s:.2f} s (allowed {RUN_S_MORE_MAX:g}, {RUN_S_MORE_MAX / more_s:.1f} times better)"
    )
    print(
        f"its import takes {import_ms:.0f} ms (allowed {IMPORT_MS_MAX:g}, {IMPORT_MS_MAX / import_ms:.1f} times better)"
    )
    return 0 if more_s <= RUN_S_MORE_MAX and import_ms <= IMPORT_MS_MAX else 1


def files(folder: Path, *, control: bool) -> Path:
    """A folder with the experiment."""
    place = folder / ("with" if control else "without")
    place.mkdir()
    (place / "experiment.yaml").write_text(yaml.safe_dump(experiment(control=control)))
    return place


def experiment(*, control: bool) -> dict:
    """Two trivial activities and a trivial hypothesis."""
    provider = {
        "type": "python",
        "module": "os.path",
        "func": "exists",
        "arguments": {"path": "/"},
    }
    plain = {
        "title": "Nothing happens",
        "description": "What a run costs by itself",
        "steady-state-hypothesis": {
            "title": "there is a root",
            "probes": [
                {"type": "probe", "name": "root", "tolerance": True, "provider": provider}
            ],
        },
        "method": [{"type": "action", "name": name, "provider": provider} for name in "ab"],
        "rollbacks": [],
    }
    ours = {"name": "chaos_ext", "provider": {"type": "python", "module": "chaos_ext.control"}}
    settings = {"name": "chaos_ext", "baseline_s": 0, "recovers_within_s": 0}
    return {**plain, "controls": [ours], "extensions": [settings]} if control else plain


def run(place: Path) -> float:
    """Seconds that one run takes."""
    began_ns = world.monotonic_ns()
    subprocess.run(
        [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file", "run", "experiment.yaml"],
        cwd=place, check=True, capture_output=True,
        env={**os.environ, "CHAOS_STATE": str(place / "state"), "CHAOS_REPORTS": str(place / "reports")},
    )  # fmt: skip
    return (world.monotonic_ns() - began_ns) / 1e9


def imported() -> float:
    """Milliseconds that the import of the control takes, where the host is there already."""
    told = subprocess.run(
        [sys.executable, "-c", HOST + IMPORT], check=True, capture_output=True, text=True
    )
    return float(told.stdout)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
