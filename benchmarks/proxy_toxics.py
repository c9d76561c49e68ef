"""How exactly do our toxics keep their word, and how fast are they, beside Toxiproxy's?

A delay's error is the round trip less the delay that was asked for, and less the median round trip
of the two ends alone at the same pace. All that the proxy takes is in it, with or without a toxic.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxy_cpus import undisturbed
from proxying import DIRECT, OURS, THEIRS, Row, options, percentile, servers, told, turns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from proxying import Server

Measured = dict[str, dict[str, list[float]]]
Trips = dict[int, dict[str, list[list[float]]]]  # by delay and name, those of each round
SHARES = (50, 99)
DELAYS_MS = (1, 10, 100)
APART_MS = 5  # a connection waits for most of a delay, so several share the time
RATES_KB_PER_S = (100, 1_000, 20_000)
FOR_S = 2
ERROR_MS_MAX, RATE_ERROR_PERCENT_MAX = 0.5, 1.0


def main() -> int:
    chosen = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    trips: Trips = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        echo_port, echo_pid = stack.enter_context(ends.serving(ends.echo))
        sink_port, _ = stack.enter_context(ends.serving(ends.sink))
        proxies = stack.enter_context(servers(chosen.ours))
        ports = {name: _prepared(each, echo_port, sink_port) for name, each in proxies.items()}
        ports[DIRECT] = {"bare": echo_port}
        pids = [echo_pid, *(each.process.pid for each in proxies.values())]
        with undisturbed(pids):
            for name in turns((DIRECT, THEIRS, OURS), chosen.rounds):
                _trips(trips, name, ports[name], chosen.delays_s)
        for name in turns((THEIRS, OURS), chosen.rounds):
            _bulks(measured, name, ports[name], chosen.bulk_mb)
            _rates(measured, name, ports[name])
    return told([*_errors(trips), *_rows(measured)])


def _prepared(server: Server, echo_port: int, sink_port: int) -> dict[str, int]:
    """A proxy for each measurement, with its toxic in place before anything is connected."""
    ports = {"bare": server.in_front_of(echo_port, "bare")}
    for delay_ms in DELAYS_MS:
        for kind, port, stream in (
            ("echo", echo_port, "downstream"),
            ("sink", sink_port, "upstream"),
        ):
            name = f"{kind}-{delay_ms}"
            ports[name] = server.in_front_of(port, name)
            server.add_toxic(name, "latency", stream, latency=delay_ms)
    for rate in RATES_KB_PER_S:
        name = f"rate-{rate}"
        ports[name] = server.in_front_of(sink_port, name)
        server.add_toxic(name, "bandwidth", "upstream", rate=rate)
    return ports


def _trips(into: Trips, name: str, ports: Mapping[str, int], for_s: float) -> None:
    into[0][name].append(ends.paced_us(ports["bare"], APART_MS, for_s))
    for delay_ms in () if name == DIRECT else DELAYS_MS:
        connections = max(1, delay_ms // APART_MS)
        trips_us = ends.staggered_us(ports[f"echo-{delay_ms}"], APART_MS, connections, for_s)
        into[delay_ms][name].append(trips_us)


def _errors(trips: Trips) -> Iterable[Row]:
    """Without a toxic, the round trips; of each delay what is not explained by it and the ends."""
    ends_us = statistics.median(percentile(each, 0.5) for each in trips[0][DIRECT])
    for delay_ms, by_name in trips.items():
        known_us = ends_us + delay_ms * 1e3 if delay_ms else 0
        what = f"latency {delay_ms} ms, error" if delay_ms else "no toxic, whole round trip"
        for share in SHARES:
            measured = {
                name: [
                    percentile([abs(us - known_us) / 1e3 for us in each], share / 100)
                    for each in rounds
                ]
                for name, rounds in by_name.items()
            }
            limit = ERROR_MS_MAX if delay_ms and share == 99 else 0
            yield Row(f"{what} p{share}, ms", measured, limit=limit, digits=3)


def _bulks(into: Measured, name: str, ports: Mapping[str, int], megabytes: int) -> None:
    for delay_ms in DELAYS_MS:
        with ends.connect(ports[f"sink-{delay_ms}"]) as connection:
            ends.upload_s(connection, 32_000_000)  # windows and buffers grow first
            took_s = ends.upload_s(connection, megabytes * 1_000_000)
        into[_bulk(delay_ms)][name].append(megabytes / took_s)


def _rates(into: Measured, name: str, ports: Mapping[str, int]) -> None:
    """As many bytes as the rate allows in the time, on one connection each, all at once."""

    def error_percent(rate: int) -> float:
        with ends.connect(ports[f"rate-{rate}"]) as connection:
            took_s = ends.upload_s(connection, rate * 1000 * FOR_S)
        return abs(took_s / FOR_S - 1) * 100

    with ThreadPoolExecutor(len(RATES_KB_PER_S)) as pool:
        found = pool.map(error_percent, RATES_KB_PER_S)
        for rate, error in zip(RATES_KB_PER_S, found, strict=True):
            into[_rate(rate)][name].append(error)


def _bulk(delay_ms: int) -> str:
    return f"latency {delay_ms} ms, bulk, MB/s"


def _rate(rate: int) -> str:
    return f"bandwidth {rate} KB/s, error over {FOR_S} s, %"


def _rows(measured: Measured) -> Iterable[Row]:
    for delay_ms in DELAYS_MS:
        yield Row(_bulk(delay_ms), measured[_bulk(delay_ms)], at_least=1.0, digits=0)
    for rate in RATES_KB_PER_S:
        yield Row(_rate(rate), measured[_rate(rate)], limit=RATE_ERROR_PERCENT_MAX, digits=2)


def _options() -> argparse.Namespace:
    parser = options(__doc__, rounds=10)
    parser.add_argument("--delays-s", type=float, default=0.8)
    parser.add_argument("--bulk-mb", type=int, default=250)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
