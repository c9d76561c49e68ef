"""What does a connection lose by leading through our proxy, and what through Toxiproxy?

Direct, Toxiproxy and ours by turns: bytes and processor time, many small messages, many short
connections, round trips; no toxic anywhere. The ends need two processes and there may be only two
processors, so round trips are measured again with everything on one of them: the pure cost.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxy_cpus import together, undisturbed
from proxying import DIRECT, OURS, THEIRS, Row, options, percentile, servers, told, turns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from proxying import Server

Measured = dict[str, dict[str, list[float]]]
NAMES = (DIRECT, THEIRS, OURS)
BULK, CPU = "bulk, GB/s", "proxy's CPU, s per GB"
CPU_OF_ONE = "- proxy's CPU, us a message"
ANY, ONE = "any CPU", "one CPU"
MESSAGES, VISITS = "64 connections, messages/s", "connect + echo + close, /s"


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
            _rates(measured, name, echoes[name], proxies.get(name), chosen)
            _bulk(measured, name, sinks[name], proxies.get(name), chosen.bulk_mb)
        pids = [echo_pid, *(each.process.pid for each in proxies.values())]
        # on one CPU a server of many threads would wait for itself if they ran to their end
        for where, place in ((ANY, undisturbed(pids)), (ONE, together(pids))):
            with place:
                for name in turns(NAMES, chosen.rounds):
                    _round_trips(measured, where, name, echoes[name], chosen.trips)
    return told([*_rows(measured)]) | _slow_ends(measured)


def _in_front(proxies: Mapping[str, Server], port: int, name: str) -> dict[str, int]:
    return {key: each.in_front_of(port, name) for key, each in proxies.items()}


def _bulk(into: Measured, name: str, port: int, server: Server | None, megabytes: int) -> None:
    with ends.connect(port) as connection:
        ends.upload_s(connection, 32_000_000)  # windows and buffers grow first
        before_s = server.cpu_s() if server else 0.0
        took_s = ends.upload_s(connection, megabytes * 1_000_000)
        used_s = server.cpu_s() - before_s if server else 0.0
    gigabytes = megabytes / 1e3
    into[BULK][name].append(gigabytes / took_s)
    if server:
        into[CPU][name].append(used_s / gigabytes)


def _rates(
    into: Measured, name: str, port: int, server: Server | None, chosen: argparse.Namespace
) -> None:
    before_s = server.cpu_s() if server else 0.0
    rate = ends.messages_per_s(port, 64, chosen.messages_s)
    into[MESSAGES][name].append(rate)
    if server:
        used_us = (server.cpu_s() - before_s) * 1e6
        into[CPU_OF_ONE][name].append(used_us / (rate * chosen.messages_s))
    into[VISITS][name].append(ends.visits_per_s(port, chosen.visits, 16))


def _round_trips(into: Measured, where: str, name: str, port: int, count: int) -> None:
    times_us = ends.round_trips_us(port, count)
    for share in (50, 99):
        into[f"round trip p{share}, us, {where}"][name].append(
            percentile(times_us, share / 100)
        )


def _rows(measured: Measured) -> Iterable[Row]:
    yield Row(BULK, measured[BULK], at_least=2.0, digits=2)
    yield Row(CPU, measured[CPU], at_most=0.5, digits=2)
    for where in (ANY, ONE):
        for share in (50, 99):
            what = f"round trip p{share}, us, {where}"
            yield Row(what, measured[what])
            added = {name: _added(measured[what], name) for name in (THEIRS, OURS)}
            yield Row("- added by the proxy", added, at_most=1.0)
    yield Row(MESSAGES, measured[MESSAGES], at_least=1.0, digits=0)
    yield Row(CPU_OF_ONE, measured[CPU_OF_ONE])
    yield Row(VISITS, measured[VISITS], at_least=1.0, digits=0)


def _added(measured: Mapping[str, list[float]], name: str) -> list[float]:
    pairs = zip(measured[name], measured[DIRECT], strict=True)
    return [proxied - bare for proxied, bare in pairs]


def _slow_ends(measured: Measured) -> int:
    """Say so where direct is not clearly faster: then the ends were measured, not the proxies."""
    slow = 0
    for what in (BULK, MESSAGES, VISITS):
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
