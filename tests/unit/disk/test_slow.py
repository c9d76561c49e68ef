"""A disk is slow when nothing was faster than it was told, and is not any more when everything is."""

import pytest

from chaos_ext.disk.slow import FAULT, Slow
from chaos_ext.disk.tries import Tried
from chaos_ext.errors import BadArgument


@pytest.fixture
def slow(server, paths):
    return Slow(server, paths, ms=100.0, ops=["fsync", "write"], jitter_ms=20.0)


def tried(fsync_ms, write_ms):
    return [Tried("fsync", fsync_ms, 0), Tried("write", write_ms, 0)]


def test_slow_asks_for_one_rule(slow):
    rule = {"do": "slow", "ops": ["fsync", "write"], "ms": 100.0, "jitter_ms": 20.0}

    assert slow.rules() == [rule]
    assert FAULT.needs_lab() == {"passthrough": True}


def test_slow_shows_when_all_took_as_long(slow):
    assert slow.shown(tried(80.1, 119.0)) == {"took_ms": {"fsync": 80.1, "write": 119.0}}
    assert slow.shown(tried(79.9, 119.0)) is None


def test_slow_is_gone_when_all_are_faster(slow):
    assert slow.gone(tried(79.9, 3.0))
    assert not slow.gone(tried(80.1, 3.0))


def test_slow_refuses_a_disk_that_is_as_slow_already(slow):
    slow.refuse_before(
        tried(500.0, 1.0) + tried(2.0, 1.0)
    )  # one that was slow once is no matter

    with pytest.raises(BadArgument, match="write on the disk of redis-1 takes 50 ms already"):
        slow.refuse_before(tried(1.0, 50.0) + tried(1.0, 70.0))


def test_slow_waits_for_all_of_it_to_be_tried(slow):
    assert slow.lands_within_s == pytest.approx(5.24)


def test_slow_that_was_never_begun_is_healed_twice(slow, server):
    slow.heal()
    slow.heal()

    assert slow.healed()
    assert server.done == []
