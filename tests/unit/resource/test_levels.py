"""A limit that is crossed is told once, and again only after it was well below."""

import math

import pytest

from chaos_ext.resource.levels import BACK, Crossings, Limits


def _told(ratios, kind="memory", **limits):
    crossings = Crossings(Limits(**limits))
    return [
        [each["level"] for each in crossings.crossed("redis-1", {kind: ratio})]
        for ratio in ratios
    ]


def test_crossing_tells_who_what_and_how_full():
    crossings = Crossings(Limits())

    told = crossings.crossed("redis-1", {"memory": 0.5, "files": 0.812345})

    assert told == [{"target": "redis-1", "what": "files", "level": "warning", "ratio": 0.8123}]


@pytest.mark.parametrize(
    ("kind", "full"), [("memory", 0.85), ("cpu", 0.9), ("files", 0.9), ("disk", 0.9)]
)
def test_each_kind_has_its_own_limit_and_one_warning_before(kind, full):
    told = _told([0.79, 0.8, full - 0.01, full, 1.2], kind)

    assert told == [[], ["warning"], [], ["violation"], []]


def test_leap_over_both_limits_tells_the_higher_one_alone():
    assert _told([0.1, 0.95]) == [[], ["violation"]]


def test_noise_about_a_limit_is_told_once():
    assert _told([0.8, 0.79, 0.81, 0.8 - BACK, 0.8]) == [["warning"], [], [], [], []]


def test_limit_that_is_crossed_again_from_well_below_is_told_again():
    assert _told([0.9, 0.5, 0.9]) == [["violation"], [], ["violation"]]
    assert _told([0.9, 0.79, 0.9]) == [["violation"], [], ["violation"]]


def test_what_nobody_knows_changes_nothing():
    assert _told([0.9, math.nan, 0.9]) == [["violation"], [], []]


def test_warning_is_never_above_the_violation():
    assert _told([0.5, 0.6], warn_ratio=0.8, memory_ratio=0.6) == [[], ["violation"]]


def test_targets_are_apart():
    crossings = Crossings(Limits())

    told = [crossings.crossed(name, {"cpu": 0.95}) for name in ("redis-1", "redis-2")]

    assert [each[0]["target"] for each in told] == ["redis-1", "redis-2"]


def test_nothing_can_be_crossed_below_the_lowest_limit_unless_something_is_over():
    crossings = Crossings(Limits(cpu_ratio=0.6))

    before = crossings.may_be(0.59), crossings.may_be(0.6)
    crossings.crossed("redis-1", {"cpu": 0.7})

    assert before == (False, True)
    assert crossings.may_be(0.0)
