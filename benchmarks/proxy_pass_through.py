"""What does a connection lose by leading through our proxy, and what through Toxiproxy?

Direct, Toxiproxy and ours by turns: bytes and processor time, round trips, many small messages,
many short connections; no toxic anywhere. The ends need two processes and there may be only two
processors, so round trips are measured again with everything on one of them: the pure cost.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxying import DIRECT, OURS, THEIRS, Row, options, percentile, servers, told, turns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from proxying import Server

Measured = dict[str, dict[str, list[float]]]
NAMES = (DIRECT, THEIRS, OURS)
GB = 1e9


def main() -> int:
    chosen = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        echo_port, echo_pid = stack.enter_context(ends.serving(ends.echo))
        sink_port, _ = stack.enter_context(ends.serving(ends.sink))
        proxies = stack.enter_context(servers(chosen.ours))
        echoes = {DIRECT: echo_port} | _in_front(proxies, echo_port, "echo")
        sinks = {DIRECT: sink_port} | _in_front(proxies, sink_port, "sink")
        for name in turns(NAMES, chosen.rounds):
            _bulk(measured, name, sinks[name], proxies.get(name), chosen.bulk_mb)
            _round_trips(measured, "unpinned", name, echoes[name], chosen.trips)
            rate = ends.messages_per_s(echoes[name], 64, chosen.messages_s)
            measured["64 connections, messages/s"][name].append(rate)
            rate = ends.visits_per_s(echoes[name], chosen.visits, 16)
            measured["connect + echo + close, /s"][name].append(rate)
        with _on_one_cpu([echo_pid, *(each.process.pid for each in proxies.values())]):
            for name in turns(NAMES, chosen.rounds):
                _round_trips(measured, "one CPU", name, echoes[name], chosen.trips)
    return told([*_rows(measured)]) | _slow_ends(measured)


def _in_front(proxies: Mapping[str, Server], port: int, name: str) -> dict[str, int]:
    return {key: each.in_front_of(port, name) for key, each in proxies.items()}


def _bulk(into: Measured, name: str, port: int, server: Server | None, megabytes: int) -> None:
    with ends.connect(port) as connection:
        ends.upload_s(connection, 32_000_000)  # windows and buffers grow first
        before_s = server.cpu_s() if server else 0.0
        took_s = ends.upload_s(connection, megabytes * 1_000_000)
        used_s = server.cpu_s() - before_s if server else 0.0
    gigabytes = megabytes * 1e6 / GB
    into["bulk, GB/s"][name].append(gigabytes / took_s)
    if server:
        into["proxy's CPU, s per GB"][name].append(used_s / gigabytes)


def _round_trips(into: Measured, where: str, name: str, port: int, count: int) -> None:
    times_us = ends.round_trips_us(port, count)
    for share in (50, 99):
        into[f"round trip p{share}, us, {where}"][name].append(
            percentile(times_us, share / 100)
        )


class _on_one_cpu:  # noqa: N801 - used as a word, as context managers are
    """Ourselves and *pids*, with all their threads, on one processor while it lasts."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.pids = [os.getpid(), *pids]
        self.before = os.sched_getaffinity(0)

    def __enter__(self) -> None:
        self._pin({min(self.before)})

    def __exit__(self, *_: object) -> None:
        self._pin(self.before)

    def _pin(self, cpus: set[int]) -> None:
        for pid in self.pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), cpus)


def _rows(measured: Measured) -> Iterable[Row]:
    yield Row("bulk, GB/s", measured["bulk, GB/s"], at_least=2.0, digits=2)
    cpu = "proxy's CPU, s per GB"
    yield Row(cpu, measured[cpu], at_most=0.5, digits=2)
    for where in ("unpinned", "one CPU"):
        for share in (50, 99):
            what = f"round trip p{share}, us, {where}"
            yield Row(what, measured[what])
            direct = measured[what][DIRECT]
            added = {
                name: [
                    with_ - bare
                    for with_, bare in zip(measured[what][name], direct, strict=True)
                ]
                for name in (THEIRS, OURS)
            }
            yield Row("- added by the proxy", added, at_most=1.0)
    for what in ("64 connections, messages/s", "connect + echo + close, /s"):
        yield Row(what, measured[what], at_least=1.0, digits=0)


def _slow_ends(measured: Measured) -> int:
    """Say so where direct is not clearly faster: then the ends were measured, not the proxies."""
    slow = 0
    for what in ("bulk, GB/s", "64 connections, messages/s", "connect + echo + close, /s"):
        row = Row(what, measured[what])
        fastest = max(row.median(THEIRS), row.median(OURS))
        if row.median(DIRECT) < 1.2 * fastest:
            print(
                f"{what}: direct is only {row.median(DIRECT) / fastest:.2f} x the faster proxy"
            )
            slow = 1
    return slow


def _options() -> argparse.Namespace:
    parser = options(__doc__, rounds=10)
    parser.add_argument("--bulk-mb", type=int, default=1000)
    parser.add_argument("--trips", type=int, default=4000)
    parser.add_argument("--messages-s", type=float, default=1.0)
    parser.add_argument("--visits", type=int, default=2000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
