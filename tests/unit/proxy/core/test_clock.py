"""Alarms: at their time, in order, and gone when called off."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chaos_ext.proxy.core.clock import Alarms


@given(times=some.lists(some.integers(1, 100), max_size=30), until=some.integers(0, 100))
def test_alarms_ring_all_that_is_due_in_order(times, until):
    alarms, rung = Alarms(), []
    for place, due in enumerate(times):
        alarms.at(due, partial(rung.append, (due, place)))

    alarms.ring(until)

    due = sorted((due, place) for place, due in enumerate(times) if due <= until)
    assert rung == due


def test_alarms_ring_none_that_was_called_off():
    alarms, rung = Alarms(), []
    alarm = alarms.at(5, lambda: rung.append("off"))
    alarms.at(5, lambda: rung.append("on"))

    alarm.cancel()
    alarm.cancel()
    alarms.ring(10)

    assert rung == ["on"]


def test_alarms_keep_no_crowd_of_called_off_ones():
    alarms, rung = Alarms(), []
    alarms.at(10**9, lambda: rung.append("kept"))

    for due in range(10_000):
        alarms.at(due, rung.clear).cancel()

    assert len(alarms._heap) < 3000
    alarms.ring(10**9)
    assert rung == ["kept"]


def test_alarms_ring_the_rest_after_one_broke_down():
    alarms, rung = Alarms(), []
    alarms.at(1, {}.popitem)
    alarms.at(2, lambda: rung.append("rest"))

    with pytest.raises(KeyError):
        alarms.ring(5)
    alarms.ring(5)

    assert rung == ["rest"]
