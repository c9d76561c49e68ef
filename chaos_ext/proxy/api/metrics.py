"""`/metrics` in Prometheus' text format, with the names and labels of Toxiproxy.

What counts a proxy's bytes counts its live connections too. What Go says about its own runtime is
missing, for there is none; what it says about the process is the same.
"""

from __future__ import annotations

import os
import platform
import resource
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos_ext.proxy.core.proxies import Proxies

TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
_UNLIMITED = 2**64 - 1
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_USER, _SYSTEM, _START, _VIRTUAL, _RESIDENT = (
    11,
    12,
    19,
    20,
    21,
)  # /proc/self/stat after the name
_NO_EXPONENT = (-4, 6)
_DIRECTIONS = ("downstream", "upstream")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with all its values, by the text of their labels."""

    name: str
    kind: str
    help: str
    values: Mapping[str, float] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Its lines."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in sorted(self.values.items()):
            yield f"{self.name}{labels} {_number(value)}"


class Metrics:
    """What is told, depending on what was asked for on the command line."""

    def __init__(self, proxies: Proxies, *, of_proxies: bool, of_runtime: bool) -> None:
        self._proxies = proxies
        self._of_proxies, self._of_runtime = of_proxies, of_runtime

    def text(self) -> str:
        """All metrics, in the order of their names."""
        metrics = [_handler_errors()]
        metrics += _of_process() if self._of_runtime else []
        metrics += self._of_bytes() if self._of_proxies else []
        metrics.sort(key=lambda each: each.name)
        return "".join(f"{line}\n" for each in metrics for line in each.lines())

    def _of_bytes(self) -> list[Metric]:
        received, sent = {}, {}
        for proxy in self._proxies.all().values():
            counters = proxy.counters()
            for direction in _DIRECTIONS:
                labels = _labels(
                    direction=direction,
                    listener=proxy.listen,
                    proxy=proxy.name,
                    upstream=proxy.upstream,
                )
                received[labels], sent[labels] = counters.get(direction, (0, 0))
        names = ("toxiproxy_proxy_received_bytes_total", "toxiproxy_proxy_sent_bytes_total")
        both = zip(names, (received, sent), strict=True)
        return [Metric(name, "counter", "", values) for name, values in both if values]


def _handler_errors() -> Metric:
    values = {_labels(cause=cause): 0 for cause in ("encoding", "gathering")}
    told = "Total number of internal errors encountered by the promhttp metric handler."
    return Metric("promhttp_metric_handler_errors_total", "counter", told, values)


def _of_process() -> list[Metric]:
    stat = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(stat[_USER]) + int(stat[_SYSTEM])
    up_s = world.boottime_ns() / 1e9 - int(stat[_START]) / _TICKS_PER_S
    received, sent = _network()
    told: list[tuple[str, str, str, float]] = [
        ("cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
         ticks / _TICKS_PER_S),
        ("max_fds", "gauge", "Maximum number of open file descriptors.",
         _limit(resource.RLIMIT_NOFILE)),
        ("network_receive_bytes_total", "counter",
         "Number of bytes received by the process over the network.", received),
        ("network_transmit_bytes_total", "counter",
         "Number of bytes sent by the process over the network.", sent),
        ("open_fds", "gauge", "Number of open file descriptors.",
         len(os.listdir("/proc/self/fd"))),  # noqa: PTH208 - only how many there are
        ("resident_memory_bytes", "gauge", "Resident memory size in bytes.",
         int(stat[_RESIDENT]) * _PAGE_BYTES),
        ("start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
         round(world.utc_now().timestamp() - up_s, 2)),
        ("virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", int(stat[_VIRTUAL])),
        ("virtual_memory_max_bytes", "gauge",
         "Maximum amount of virtual memory available in bytes.", _limit(resource.RLIMIT_AS)),
    ]  # fmt: skip
    python = _labels(implementation=platform.python_implementation(),
                     version=platform.python_version())  # fmt: skip
    return [
        *(
            Metric(f"process_{name}", kind, text, {"": value})
            for name, kind, text, value in told
        ),
        Metric(
            "python_info", "gauge", "Information about the Python environment.", {python: 1}
        ),
    ]


def _limit(which: int) -> int:
    soft = resource.getrlimit(which)[0]
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft


def _network() -> tuple[int, int]:
    """Bytes received and sent, in IP packets of this network namespace, as Go's collector has it."""
    rows = [
        line.split()[1:]
        for line in Path("/proc/self/net/netstat").read_text(encoding="ascii").splitlines()
        if line.startswith("IpExt:")
    ]
    by_name = dict(zip(*rows, strict=True)) if len(rows) == 2 else {}  # noqa: PLR2004
    return int(by_name.get("InOctets", 0)), int(by_name.get("OutOctets", 0))


def _labels(**labels: str) -> str:
    quoted = (f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return "{" + ",".join(quoted) + "}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    """The shortest digits, as Go writes them: with an exponent from 1e+06 on and below 1e-04."""
    exact = Decimal(repr(float(value))).normalize()
    exponent = exact.adjusted()
    if not exact or _NO_EXPONENT[0] <= exponent < _NO_EXPONENT[1]:
        return f"{exact:f}"
    first, *others = map(str, exact.as_tuple().digits)
    return f"{'-' if exact < 0 else ''}{first}{'.' if others else ''}{''.join(others)}e{exponent:+03d}"
