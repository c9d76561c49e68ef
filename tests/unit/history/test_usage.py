"""Looks become ratios, and nobody knows where one of the two is not known."""

import numpy as np
import pytest

from chaos_ext.history import rows, usage
from chaos_ext.history.usage import at_once, by_target, cpu_ratio, lives, ratios

MB = 1 << 20


def looks(count=8, **columns):
    """Looks a quarter of a second apart at one process; whatever is not given is unknown."""
    made = np.zeros(count, dtype=rows.LOOK)
    for name in rows.LOOK.names[4:]:
        made[name] = -1
    made["cpu_cores"] = np.nan
    made["target"], made["pid"] = "redis-1", 100
    made["intended_ns"] = made["at_ns"] = np.arange(count) * 250_000_000
    for name, value in columns.items():
        made[name] = value
    return made


@pytest.mark.parametrize(
    ("kind", "used", "most"),
    [
        ("files", "files", "files_allowed"),
        ("connections", "connections", "connections_allowed"),
        ("disk", "disk_bytes", "disk_total_bytes"),
        ("inodes", "inodes", "inodes_total"),
        ("memory", "memory_server_bytes", "memory_server_limit_bytes"),
        ("memory", "memory_group_bytes", "memory_group_limit_bytes"),
        ("memory", "memory_bytes", "memory_group_limit_bytes"),
    ],
)
def test_ratio_is_what_is_used_of_what_there_is(kind, used, most):
    known = at_once(looks(**{used: 30, most: 40}))[kind]
    nobody_knows = [at_once(looks(**each))[kind] for each in ({used: 30}, {most: 40})]

    assert known.tolist() == [0.75] * 8
    assert all(np.isnan(each).all() for each in nobody_knows)


def test_memory_is_as_full_as_its_tightest_limit():
    both = looks(memory_server_bytes=30, memory_server_limit_bytes=40)
    both["memory_group_bytes"], both["memory_group_limit_bytes"] = 90, 100
    both["memory_bytes"] = 1

    assert at_once(both)["memory"].tolist() == [0.9] * 8
    assert usage.memory_limit(both) == 40
    assert np.isnan(usage.memory_limit(looks()))


def test_cpu_is_counted_over_a_second_of_what_is_allowed():
    busy = looks(cpu_cores=2.0, cpu_ns=np.arange(8) * 125_000_000)

    found = cpu_ratio(busy)

    assert np.isnan(found[:4]).all()
    assert found[4:].tolist() == [0.25] * 4


def test_cpu_that_was_allowed_before_the_quota_was_lowered_is_no_excess():
    made = looks(12, cpu_ns=np.arange(12) * 100_000_000)  # 0.4 of a core
    made["cpu_cores"] = [2.0] * 6 + [0.1] * 6

    found = cpu_ratio(made)

    assert np.nanmax(found[:9]) == pytest.approx(0.2)
    assert found[-1] == pytest.approx(4.0)  # a whole second that nobody allowed


def test_cpu_of_another_process_is_another():
    busy = looks(cpu_cores=2.0, cpu_ns=np.arange(8) * 125_000_000)
    busy["pid"][2:] = 200

    found = cpu_ratio(busy)

    assert np.isnan(found[:6]).all()
    assert found[6:].tolist() == [0.25] * 2


def test_cpu_of_a_process_that_was_gone_in_between_is_not_known():
    busy = looks(cpu_cores=1.0, cpu_ns=0)
    busy["pid"][3] = -1

    assert np.isnan(cpu_ratio(busy)[4:7]).all()


@pytest.mark.parametrize(
    ("periods", "waited", "share"),
    [(np.arange(8) * 2.5, np.arange(8), 0.4), (0, 0, 0.0), (-1, -1, np.nan)],
    ids=["a quota", "no quota", "nobody knows"],
)
def test_throttling_is_the_share_of_periods_that_were_too_short(periods, waited, share):
    found = usage.throttled_ratio(looks(cpu_periods=periods, cpu_periods_throttled=waited))

    assert found[4:].tolist() == pytest.approx([share] * 4, nan_ok=True)


def test_throttling_counts_anew_in_another_group():
    moved = looks(cpu_periods=100, cpu_periods_throttled=50)
    moved["cpu_periods"][4:], moved["cpu_periods_throttled"][4:] = 3, 1

    assert np.isnan(usage.throttled_ratio(moved)[4:]).all()


def test_looks_are_sorted_out_by_target_and_time():
    mixed = np.concatenate([looks(), looks(target="redis-2")])[::-1]

    found = by_target(mixed)

    assert list(found) == ["redis-1", "redis-2"]
    assert (np.diff(found["redis-2"]["at_ns"]) > 0).all()


def test_lives_are_those_of_each_process():
    restarted = looks(pid=[1, 1, -1, -1, 2, 2, 2, 2])

    assert [len(life) for life in lives(restarted)] == [2, 4]
    assert lives(looks(pid=-1)) == []


def test_no_looks_have_no_ratios():
    found = ratios(looks(0))

    assert list(found) == list(usage.KINDS)
    assert all(len(each) == 0 for each in found.values())
