"""Latency: later, in order, and nothing else."""

import pytest

from chaos_ext.proxy.core.budget import OF_ONE_MAX
from chaos_ext.proxy.core.toxics.stage import Ending


def test_latency_delays_each_chunk_from_when_it_came(pipe, toxic):
    pipe.open(toxic("latency", latency=100, jitter=0))

    pipe.push(b"a")
    pipe.clock.pass_ms(50)
    pipe.push(b"b")
    pipe.clock.pass_ms(100)

    assert pipe.told == [(100, b"a"), (150, b"b")]


def test_latency_delays_neither_twice_when_two_stand_in_a_row(pipe, toxic):
    pipe.open(
        toxic("latency", "one", latency=100, jitter=0),
        toxic("latency", "two", latency=10, jitter=0),
    )

    pipe.push(b"a")
    pipe.push(b"b")
    pipe.clock.pass_ms(1000)

    assert pipe.told == [(110, b"a"), (110, b"b")]


@pytest.mark.parametrize("shape", ["uniform", "normal", "pareto"])
def test_latency_keeps_the_order_whatever_the_jitter(pipe, toxic, shape):
    pipe.open(toxic("latency", latency=50, jitter=50, distribution=shape))

    for each in range(200):
        pipe.push(bytes([each]))
        pipe.clock.pass_ms(1)
    pipe.clock.pass_ms(10_000)

    assert pipe.data == bytes(range(200))
    assert len({round(at - sent) for sent, (at, _) in enumerate(pipe.told)}) > 10


def test_latency_jitters_within_its_bounds(new_pipe, toxic):
    delays = []

    for seed in range(300):
        pipe = new_pipe(str(seed)).open(toxic("latency", latency=100, jitter=20))
        pipe.push(b"a")
        pipe.clock.pass_ms(200)
        delays.append(pipe.told[0][0])

    assert min(delays) >= 80
    assert max(delays) < 120
    assert min(delays) < 85
    assert max(delays) > 115


def test_latency_never_hurries_when_the_jitter_is_larger(new_pipe, toxic):
    delays = []

    for seed in range(200):
        pipe = new_pipe(str(seed)).open(toxic("latency", latency=1, jitter=100))
        pipe.push(b"a")
        pipe.clock.pass_ms(200)
        delays.append(pipe.told[0][0])

    assert min(delays) == 0
    assert sum(delay == 0 for delay in delays) > 60


def test_latency_falls_the_same_way_for_the_same_seed(new_pipe, toxic):
    def delay(seed):
        pipe = new_pipe(seed).open(toxic("latency", latency=100, jitter=50))
        pipe.push(b"a")
        pipe.clock.pass_ms(1000)
        return pipe.told[0][0]

    once, again, other = delay("x"), delay("x"), delay("y")

    assert once == again
    assert once != other


def test_latency_lets_go_at_once_when_removed(pipe, toxic):
    pipe.open(toxic("latency", latency=1000, jitter=0))
    pipe.push(b"a")
    pipe.push(b"b")
    pipe.finish()

    pipe.clock.pass_ms(10)
    pipe.settle()

    assert pipe.told == [(10, b"a"), (10, b"b")]
    assert pipe.ended == [(10, Ending.EOF)]


def test_latency_counts_anew_for_what_waits_when_it_is_changed(pipe, toxic):
    pipe.open(toxic("latency", latency=1000, jitter=0))
    pipe.push(b"a")

    pipe.clock.pass_ms(10)
    pipe.settle(toxic("latency", latency=30, jitter=0))
    pipe.clock.pass_ms(100)

    assert pipe.told == [(30, b"a")]


def test_latency_tells_the_end_behind_the_last_byte(pipe, toxic):
    pipe.open(toxic("latency", latency=100, jitter=0))

    pipe.push(b"a")
    pipe.finish()
    pipe.clock.pass_ms(500)

    assert pipe.ended == [(100, Ending.EOF)]


def test_latency_stops_the_source_when_it_holds_too_much(pipe, toxic):
    pipe.open(toxic("latency", latency=1000, jitter=0))
    chunk = bytes(1 << 20)

    for _ in range(OF_ONE_MAX // len(chunk)):
        pipe.push(chunk)
    stopped = not pipe.ends.reading
    pipe.clock.pass_ms(1000)

    assert stopped
    assert pipe.ends.reading
    assert len(pipe.data) == OF_ONE_MAX
