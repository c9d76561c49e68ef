"""Does our proxy keep anything of a connection that is over?

A day's connections compressed: they end in four ways by turns (the client closes, resets, closes
before it was answered; the server closes), and every so many of them its memory and its open
files are looked at. The first look is the warm-up; nothing may grow after it.
"""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxying import HOST, OURS, THEIRS, options, servers

from chaos_ext import world

if TYPE_CHECKING:
    import argparse

    from proxying import Server

AT_ONCE = 32
GROWTH_MB_MAX = 1.0
SETTLED_S = 10.0


def main() -> int:
    chosen = _options()
    with ends.serving(ends.echo) as (port, _), servers(chosen.ours, [chosen.of]) as started:
        server = started[chosen.of]
        front = server.in_front_of(port, "soak")
        idle_files = server.open_files()
        looks = [_look(server, front, chosen.every, idle_files) for _ in range(chosen.looks)]
        status = server.ask("GET", "/proxies/soak")[0]
    memory_mb = [each for each, _ in looks]
    half = (len(looks) - 1) // 2
    growth_mb = statistics.median(memory_mb[-half:]) - statistics.median(
        memory_mb[1 : half + 1]
    )
    files = looks[-1][1] - idle_files
    print(
        f"memory, later half less earlier half: {growth_mb:+.2f} MB (allowed {GROWTH_MB_MAX:g})"
    )
    print(f"open files more than before the first connection: {files} (allowed 0)")
    return 0 if growth_mb <= GROWTH_MB_MAX and files <= 0 and status == 200 else 1


def _look(server: Server, front: int, connections: int, idle_files: int) -> tuple[float, int]:
    rate = ends.visits_per_s(front, connections, AT_ONCE, ways=4)
    world.wait_until(lambda: server.open_files() <= idle_files, SETTLED_S)
    memory_mb, files = server.rss_bytes() / 1e6, server.open_files()
    print(
        f"{connections} more on {HOST}: {rate:5.0f}/s, {memory_mb:7.2f} MB, {files} open files",
        flush=True,
    )
    return memory_mb, files


def _options() -> argparse.Namespace:
    parser = options(__doc__)
    parser.add_argument("--connections", type=int, default=300_000, help="1000000 is a day's")
    parser.add_argument("--looks", type=int, default=0, help="how often to look, evenly spread")
    parser.add_argument("--of", choices=(OURS, THEIRS), default=OURS)
    chosen = parser.parse_args()
    chosen.looks = max(5, chosen.looks or chosen.connections // 50_000)
    chosen.every = chosen.connections // chosen.looks
    return chosen


if __name__ == "__main__":
    sys.exit(main())
