"""What leaks is found in the life of a process, and in what a fault made of it."""

import numpy as np
import pytest

from chaos_ext.history import rows
from chaos_ext.verdict.resources import WHOLE, measure

MB = 1 << 20
LASTS_S, EVERY_S = 120, 0.25
SPANS = [("baseline", 0, 10 * 10**9), ("fault", 10 * 10**9, 80 * 10**9)]
SPANS += [("recovery", 80 * 10**9, LASTS_S * 10**9)]
IN_PLACE = [("fault", 20 * 10**9, 60 * 10**9)]


def looks(memory_mb, **columns):
    """Two minutes at one server; *memory_mb* is what it uses, by the second."""
    at_s = np.arange(0, LASTS_S, EVERY_S)
    made = np.zeros(len(at_s), dtype=rows.LOOK)
    for name in rows.LOOK.names[4:]:
        made[name] = -1
    made["cpu_cores"] = np.nan
    made["target"], made["pid"] = "redis-1", 100
    made["intended_ns"] = made["at_ns"] = (at_s * 1e9).astype("i8")
    made["memory_bytes"] = memory_mb(at_s) * MB
    for name, value in columns.items():
        made[name] = value
    return made


def while_in_place(at_s):
    """It grows for as long as the fault is in place, and is given back then."""
    return 10 + np.where((at_s >= 20) & (at_s < 60), at_s - 20, 0)


@pytest.mark.parametrize(("in_place", "count"), [(IN_PLACE, 1), ([], 0)])
def test_leak_is_found_within_what_a_fault_did(in_place, count):
    found = measure(looks(while_in_place), ["redis-1"], SPANS, in_place)

    assert len(found.leaks("memory")) == count


def test_leak_of_a_fault_is_seen_while_it_grows():
    made = looks(while_in_place, memory_group_limit_bytes=100 * MB)

    (leak,) = measure(made, ["redis-1"], SPANS, IN_PLACE).leaks("memory")

    assert 0.3 < leak.seen_ratio < 0.4  # it was 0.1 before, and 0.5 in the end
    assert leak.growth.per_s == pytest.approx(MB)
    assert leak.full_s == pytest.approx(40, abs=1)


@pytest.mark.parametrize(("limit_mb", "count"), [(-1, 1), (100, 1), (1000, 0)])
def test_growth_by_less_than_a_hundredth_of_the_limit_is_no_leak(limit_mb, count):
    made = looks(lambda at_s: 10 + at_s / 30, memory_server_limit_bytes=limit_mb * MB)

    found = measure(made, ["redis-1"], SPANS)

    assert len(found.leaks("memory")) == count


def test_each_life_of_a_server_is_looked_at_by_itself():
    made = looks(lambda at_s: np.where(at_s < 60, 10, 90))
    made["pid"][240:] = 200

    found = measure(made, ["redis-1"], SPANS)

    assert found.leaks("memory") == []
    assert found.unjudged("memory") == []


def test_server_that_never_lived_for_long_is_not_judged():
    made = looks(lambda at_s: at_s)
    made["pid"] = np.arange(len(made)) // 40 + 100

    found = measure(made, ["redis-1"], SPANS)

    assert found.unjudged("memory") == ["redis-1"]


def test_leak_that_has_no_limit_is_never_full():
    (leak,) = measure(looks(lambda at_s: at_s), ["redis-1"], SPANS).leaks("memory")

    assert (leak.seen_ratio, leak.full_s) == (np.inf, np.inf)


def test_server_that_nobody_ever_looked_at_is_missed():
    found = measure(looks(lambda at_s: at_s), ["redis-1", "redis-2"], SPANS)

    assert found.targets == ("redis-1", "redis-2")
    assert found.looks["fault"] == 0
    assert found.seen[WHOLE] == {"redis-1"}


def test_what_was_seen_outside_of_the_phases_counts_for_nothing():
    made = looks(lambda at_s: 10 + 0 * at_s, files=5, files_allowed=100)
    made["files"][:20] = 90

    found = measure(made, ["redis-1"], [("baseline", 5 * 10**9, 60 * 10**9)])

    assert found.peaks[WHOLE]["files"] == {"redis-1": 0.05}
    assert found.looks["baseline"] == 220
