"""Timeout: nothing gets through, and silence ends the connection."""

from chaos_ext.proxy.core.toxics.stage import Ending


def test_timeout_closes_after_silence(pipe, toxic):
    pipe.open(toxic("timeout", timeout=500))

    for _ in range(5):
        pipe.clock.pass_ms(400)
        pipe.push(b"lost")
    pipe.clock.pass_ms(10_000)

    assert pipe.data == b""
    assert pipe.ended == [(2500, Ending.CLOSE)]


def test_timeout_closes_a_connection_that_never_said_a_word(pipe, toxic):
    pipe.open(toxic("timeout", timeout=500))

    pipe.clock.pass_ms(10_000)

    assert pipe.ended == [(500, Ending.CLOSE)]


def test_timeout_of_0_never_closes(pipe, toxic):
    pipe.open(toxic("timeout", timeout=0))

    pipe.push(b"lost")
    pipe.finish()
    pipe.clock.pass_ms(1e9)

    assert (pipe.data, pipe.ended) == (b"", [])


def test_timeout_closes_when_removed(pipe, toxic):
    pipe.open(toxic("timeout", timeout=0))
    pipe.push(b"lost")

    pipe.settle()

    assert pipe.ended == [(0, Ending.CLOSE)]


def test_timeout_begins_anew_when_changed(pipe, toxic):
    pipe.open(toxic("timeout", timeout=0))

    pipe.clock.pass_ms(1000)
    pipe.settle(toxic("timeout", timeout=100))
    pipe.clock.pass_ms(1000)

    assert pipe.ended == [(1100, Ending.CLOSE)]


def test_timeout_goes_on_when_another_toxic_comes(pipe, toxic):
    pipe.open(toxic("timeout", timeout=100))

    pipe.clock.pass_ms(90)
    pipe.settle(toxic("timeout", timeout=100), toxic("latency", latency=1, jitter=0))
    pipe.clock.pass_ms(1000)

    assert pipe.ended == [(100, Ending.CLOSE)]


def test_timeout_rings_no_more_when_the_connection_is_gone(pipe, toxic):
    pipe.open(toxic("timeout", timeout=100))

    pipe.link.drop()
    pipe.clock.pass_ms(1000)

    assert pipe.ended == []
