"""What do our words cost everybody who calls `chaos`, whatever for?

`chaos --version` with all entry points, and with ours hidden from the host, by turns; and what
the import of the modules behind our entry points takes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from chaos_ext import world

MORE_MS_MAX = 30.0
CALL = "import sys; sys.argv = ['chaos', '--version']; from chaostoolkit.__main__ import cli; cli()"
HIDE = """
import importlib.metadata as metadata
every = metadata.entry_points
def without_ours(**chosen):
    found = every(**chosen)
    return metadata.EntryPoints(each for each in found if each.dist.name != 'chaos_ext')
metadata.entry_points = without_ours
"""
SHOW = "import importlib.metadata as m; print(len(m.entry_points(group='chaostoolkit.cli_plugins')))"
IMPORT = """
import time, chaostoolkit.cli
began = time.perf_counter()
import chaos_ext.commands
print((time.perf_counter() - began) * 1e3)
"""


def main() -> int:
    rounds = _options().rounds
    assert _said(HIDE + SHOW) != _said(SHOW), "our entry points were not hidden"
    pairs = [(called(HIDE + CALL), called(CALL)) for _ in range(rounds)]
    without_ms, with_ms = (statistics.median(each) for each in zip(*pairs, strict=True))
    more_ms = statistics.median(ours - bare for bare, ours in pairs)
    better = f"{MORE_MS_MAX / more_ms:.1f} times better" if more_ms > 0 else "below the noise"
    print(
        f"rounds {rounds}: median without ours {without_ms:.0f} ms, with ours {with_ms:.0f} ms"
    )
    print(f"ours add {more_ms:.1f} ms (allowed {MORE_MS_MAX:g}, {better})")
    print(f"of these the import of our words: {imported():.1f} ms")
    return 0 if more_ms <= MORE_MS_MAX else 1


def called(code: str) -> float:
    """Milliseconds that a Python with *code* takes."""
    began_ns = world.monotonic_ns()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return (world.monotonic_ns() - began_ns) / 1e6


def imported() -> float:
    """Milliseconds that the modules of ours take which the host imports to list its commands."""
    return float(_said(HIDE + IMPORT))


def _said(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
