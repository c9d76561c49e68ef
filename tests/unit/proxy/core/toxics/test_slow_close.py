"""Slow close: bytes at once, the end later."""

from chaos_ext.proxy.core.toxics.stage import Ending


def test_slow_close_delays_nothing_but_the_end(pipe, toxic):
    pipe.open(toxic("slow_close", delay=100))

    pipe.push(b"a")
    pipe.finish()
    pipe.clock.pass_ms(1000)

    assert pipe.told == [(0, b"a")]
    assert pipe.ended == [(100, Ending.EOF)]


def test_slow_close_tells_a_waiting_end_at_once_when_removed(pipe, toxic):
    pipe.open(toxic("slow_close", delay=100))
    pipe.finish()

    pipe.clock.pass_ms(10)
    pipe.settle()

    assert pipe.ended == [(10, Ending.EOF)]


def test_slow_close_waits_anew_when_changed(pipe, toxic):
    pipe.open(toxic("slow_close", delay=100))
    pipe.finish()

    pipe.clock.pass_ms(10)
    pipe.settle(toxic("slow_close", delay=50))
    pipe.clock.pass_ms(1000)

    assert pipe.ended == [(60, Ending.EOF)]


def test_slow_close_says_nothing_when_no_end_came(pipe, toxic):
    pipe.open(toxic("slow_close", delay=100))

    pipe.settle(toxic("slow_close", delay=50))
    pipe.settle()

    assert pipe.ended == []
