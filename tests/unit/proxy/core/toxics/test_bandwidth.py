"""Bandwidth: as many bytes a second as were allowed, and none is lost."""

import pytest

from chaos_ext.proxy.core.toxics.stage import Ending


@pytest.mark.parametrize(("rate", "size"), [(1, 500), (100, 200_000), (1000, 2_000_000)])
def test_bandwidth_carries_its_rate(pipe, toxic, rate, size):
    pipe.open(toxic("bandwidth", rate=rate))

    pipe.push(bytes(size))
    pipe.clock.pass_ms(size / rate * 2)

    assert len(pipe.data) == size
    assert pipe.told[-1][0] == pytest.approx(size / rate, rel=0.001)


def test_bandwidth_sends_in_pieces_of_a_tenth_of_a_second(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=10))

    pipe.push(bytes(2500))
    pipe.clock.pass_ms(1000)

    assert [(at, len(data)) for at, data in pipe.told] == [(100, 1000), (200, 1000), (250, 500)]


def test_bandwidth_gives_no_credit_for_a_silent_time(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=10))

    pipe.clock.pass_ms(10_000)
    pipe.push(bytes(1000))
    pipe.clock.pass_ms(1000)

    assert [at for at, _ in pipe.told] == [10_100]


def test_bandwidth_of_0_keeps_everything_until_it_goes(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=0))
    pipe.push(b"abc")
    pipe.finish()
    pipe.clock.pass_ms(1e6)
    before = (list(pipe.told), list(pipe.ended))

    pipe.settle()

    assert before == ([], [])
    assert pipe.data == b"abc"
    assert [ending for _, ending in pipe.ended] == [Ending.EOF]


def test_bandwidth_lets_go_of_the_rest_when_removed(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=1))
    pipe.push(bytes(range(250)))

    pipe.clock.pass_ms(150)
    pipe.settle()

    assert pipe.data == bytes(range(250))
    assert [at for at, _ in pipe.told] == [100, 150]


def test_bandwidth_goes_on_with_another_rate_when_changed(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=1))
    pipe.push(bytes(1100))

    pipe.clock.pass_ms(100)
    pipe.settle(toxic("bandwidth", rate=10))
    pipe.clock.pass_ms(100)

    assert len(pipe.data) == 1100


def test_bandwidth_stops_the_source_soon(pipe, toxic):
    pipe.open(toxic("bandwidth", rate=1))

    pipe.push(bytes(100_000))

    assert not pipe.ends.reading
