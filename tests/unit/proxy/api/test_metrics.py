"""Metrics have the names, labels and order of Toxiproxy."""

import re

import pytest

from chaos_ext.proxy.api import metrics

from ..fakes import FakeProxies

LINE = re.compile(r'[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? [0-9.e+-]+')


def names(text):
    return [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]


def test_bytes_are_told_by_proxy_and_direction():
    proxies = FakeProxies('we"b\\')

    text = metrics.Metrics(proxies, of_proxies=True, of_runtime=False).text()

    assert names(text) == [
        "promhttp_metric_handler_errors_total",
        "toxiproxy_proxy_received_bytes_total",
        "toxiproxy_proxy_sent_bytes_total",
    ]
    labels = r'listener="127.0.0.1:5",proxy="we\"b\\",upstream="h:1"'
    assert f'received_bytes_total{{direction="downstream",{labels}}} 1.5e+06\n' in text
    assert f'toxiproxy_proxy_sent_bytes_total{{direction="upstream",{labels}}} 8\n' in text
    assert "# HELP toxiproxy_proxy_sent_bytes_total \n" in text


def test_nothing_is_told_of_bytes_where_there_is_no_proxy():
    text = metrics.Metrics(FakeProxies(), of_proxies=True, of_runtime=False).text()

    assert names(text) == ["promhttp_metric_handler_errors_total"]


def test_process_is_told_as_every_collector_tells_it():
    text = metrics.Metrics(FakeProxies("a"), of_proxies=False, of_runtime=True).text()

    told = names(text)
    assert told == sorted(told)
    assert {"process_open_fds", "process_cpu_seconds_total", "python_info"} <= set(told)
    assert "process_resident_memory_bytes" in told
    assert not any(name.startswith("toxiproxy") for name in told)
    assert all(LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1, "1"), (0.21, "0.21"), (999_999, "999999"), (1_000_000, "1e+06"),
     (20_000, "20000"), (13066240, "1.306624e+07"), (2**64, "1.8446744073709552e+19"),
     (0.0001, "0.0001"), (0.00001, "1e-05"), (-2.5, "-2.5")],
)  # fmt: skip
def test_numbers_are_written_as_go_writes_them(value, text):
    metric = metrics.Metric("m", "gauge", "", {"": value})

    assert list(metric.lines())[-1] == f"m {text}"
