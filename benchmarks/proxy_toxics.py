"""How exactly do our toxics keep their word, and how fast are they, beside Toxiproxy's?

A delay's error is the whole round trip less the delay that was asked for, so it contains what the
proxy, both ends and the kernel take: none of it is explained away. Toxiproxy and ours by turns.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import proxy_ends as ends
from proxying import OURS, THEIRS, Row, options, percentile, servers, told, turns

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from proxying import Server

Measured = dict[str, dict[str, list[float]]]
DELAYS_MS = (1, 10, 100)
APART_MS = 5  # a connection waits for most of a delay, so several share the time
RATES_KB_PER_S = (100, 1_000, 20_000)
FOR_S = 2
ERROR_MS_MAX, RATE_ERROR_PERCENT_MAX = 0.5, 1.0


def main() -> int:
    chosen = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        echo_port, _ = stack.enter_context(ends.serving(ends.echo))
        sink_port, _ = stack.enter_context(ends.serving(ends.sink))
        proxies = stack.enter_context(servers(chosen.ours))
        ports = {name: _prepared(each, echo_port, sink_port) for name, each in proxies.items()}
        for name in turns((THEIRS, OURS), chosen.rounds):
            for delay_ms in DELAYS_MS:
                _delays(measured, name, ports[name], delay_ms, chosen.delays_s)
                _delayed_bulk(measured, name, ports[name], delay_ms, chosen.bulk_mb)
            _rates(measured, name, ports[name])
    return told([*_rows(measured)])


def _prepared(server: Server, echo_port: int, sink_port: int) -> dict[str, int]:
    """A proxy for each measurement, with its toxic in place before anything is connected."""
    ports = {}
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


def _delays(
    into: Measured, name: str, ports: Mapping[str, int], delay_ms: int, for_s: float
) -> None:
    connections = max(1, delay_ms // APART_MS)
    times_us = ends.staggered_us(ports[f"echo-{delay_ms}"], APART_MS, connections, for_s)
    errors_ms = [abs(each / 1e3 - delay_ms) for each in times_us]
    for share in (50, 99):
        what = f"latency {delay_ms} ms, error p{share}, ms"
        into[what][name].append(percentile(errors_ms, share / 100))


def _delayed_bulk(
    into: Measured, name: str, ports: Mapping[str, int], delay_ms: int, megabytes: int
) -> None:
    with ends.connect(ports[f"sink-{delay_ms}"]) as connection:
        ends.upload_s(connection, 32_000_000)
        took_s = ends.upload_s(connection, megabytes * 1_000_000)
    into[f"latency {delay_ms} ms, bulk, MB/s"][name].append(megabytes / took_s)


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


def _rate(rate: int) -> str:
    return f"bandwidth {rate} KB/s, error over {FOR_S} s, %"


def _rows(measured: Measured) -> Iterable[Row]:
    for delay_ms in DELAYS_MS:
        p50, p99 = (f"latency {delay_ms} ms, error p{share}, ms" for share in (50, 99))
        yield Row(p50, measured[p50], digits=3)
        yield Row(p99, measured[p99], limit=ERROR_MS_MAX, digits=3)
        bulk = f"latency {delay_ms} ms, bulk, MB/s"
        yield Row(bulk, measured[bulk], at_least=1.0, digits=0)
    for rate in RATES_KB_PER_S:
        yield Row(_rate(rate), measured[_rate(rate)], limit=RATE_ERROR_PERCENT_MAX, digits=2)


def _options() -> argparse.Namespace:
    parser = options(__doc__, rounds=10)
    parser.add_argument("--delays-s", type=float, default=1.0)
    parser.add_argument("--bulk-mb", type=int, default=250)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
