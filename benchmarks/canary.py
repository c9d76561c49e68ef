"""Does the witness tell the truth about outages, how closely, and does it keep its pace?

A scripted server in a process of its own refuses and hangs for drawn times and writes down when;
the witness watches it as it would watch Redis; then the bounds are held against the diary.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.history.operations import operations
from chaos_ext.history.outage import outages
from chaos_ext.history.rows import KINDS, STEP, read_rows
from chaos_ext.witness.client import ROWS, Witness, WitnessSettings

if TYPE_CHECKING:
    import subprocess

PACE_MS = 20
SERVER = Path(__file__).with_name("scripted_server.py")
LIGHT_LOAD = "import time\nwhile True:\n    t = time.perf_counter() + 0.002\n    while time.perf_counter() < t: pass\n    time.sleep(0.008)\n"


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder, _beside(options.load):
        truths, summary = observe(options, Path(folder))
        columns = operations(read_rows(Path(folder) / ROWS, STEP))
    found = {kind: outages(columns, number) for number, kind in enumerate(KINDS)}
    rounds = [compare(truth, found) for truth in truths]
    spurious = sum(len(each) for each in found.values()) - 2 * len(truths)
    result = {
        "seed": options.seed,
        "rounds": rounds,
        "contained": sum(each["contained"] for each in rounds),
        "widest_ms": max(each["width_ms"] for each in rounds),
        "spurious": spurious,
        **summary,
    }
    print(json.dumps(result) if options.json else as_text(result))
    good = result["contained"] == len(rounds) and spurious == 0
    return 0 if good and result["widest_ms"] <= 2 * PACE_MS else 1


def observe(options: argparse.Namespace, folder: Path) -> tuple[list[dict], dict]:
    """Let the server play its script while a witness watches: the truth, and the pace kept."""
    script = [sys.executable, SERVER, options.rounds, options.seed, options.serve_s]
    server = world.start_process(script, pipes=True, dies_with_us=True)
    try:
        port = json.loads(server.stdout.readline())["port"]
        target = {"primary": ["127.0.0.1", port]}
        settings = WitnessSettings("redis", world.token(), target, pace_ms=PACE_MS)
        witness = Witness.start(settings, folder)
        try:
            truths = _play(server)
        finally:
            summary = witness.stop()
    finally:
        server.kill()
        server.communicate()
    return truths, summary


def _play(server: subprocess.Popen) -> list[dict]:
    server.stdin.write(b"begin\n")
    server.stdin.flush()
    said = []
    while not (said and "over" in said[-1]):
        said.append(json.loads(server.stdout.readline()))
    return said[:-1]


def compare(truth: dict, found: dict) -> dict:
    """Hold what was found of either kind against one truth; a kind that missed it has no width."""
    seen = {}
    for kind, each in found.items():
        over = (o for o in each if o.last_good_ns <= truth["until_ns"])
        seen[kind] = next((o for o in over if o.next_good_ns >= truth["since_ns"]), None)
    truth_s = (truth["until_ns"] - truth["since_ns"]) / 1e9
    bounds = {k: (o.lower_s, o.upper_s) if o else (0.0, 1e9) for k, o in seen.items()}
    return {
        "mood": truth["mood"],
        "truth_s": truth_s,
        "bounds": bounds,
        "contained": all(lower <= truth_s <= upper for lower, upper in bounds.values()),
        "width_ms": max(upper - lower for lower, upper in bounds.values()) * 1e3,
    }


def as_text(result: dict) -> str:
    lines = [
        f"seed {result['seed']}",
        "server    truth_s   " + "lower_s   upper_s   width_ms   " * 2,
    ]
    for each in result["rounds"]:
        bounds = "   ".join(
            f"{low:7.4f}   {high:7.4f}   {(high - low) * 1e3:8.1f}"
            for low, high in each["bounds"].values()
        )
        no = "" if each["contained"] else "   NOT CONTAINED"
        lines.append(f"{each['mood']:8}  {each['truth_s']:7.4f}   {bounds}{no}")
    bounds = (
        f"bounds contain the truth in {result['contained']} of {len(result['rounds'])}, "
        f"widest {result['widest_ms']:.1f} ms (two intervals = {2 * PACE_MS} ms), "
        f"outages that never were: {result['spurious']}"
    )
    pace = (
        f"pace error of {result['operations']} operations: p50 {result['pace_error_us_p50']:.0f} us, "
        f"p99 {result['pace_error_us_p99']:.0f} us, max {result['pace_error_us_max']:.0f} us"
    )
    return "\n".join([*lines, bounds, pace])


@contextmanager
def _beside(load: bool):
    beside = (
        world.start_process([sys.executable, "-c", LIGHT_LOAD], dies_with_us=True)
        if load
        else None
    )
    try:
        yield
    finally:
        if beside:
            beside.kill()
            beside.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=20, help="outages, refused and hung by turns"
    )
    parser.add_argument("--seed", type=int, default=int(world.token(6), 16))
    parser.add_argument("--serve-s", type=float, default=0.8, help="least time between outages")
    parser.add_argument(
        "--load", action="store_true", help="keep a fifth of a core busy beside"
    )
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
