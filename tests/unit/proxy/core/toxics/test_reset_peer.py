"""Reset peer: so long after the first byte, and never without one."""

from chaos_ext.proxy.core.toxics.stage import Ending


def test_reset_peer_resets_so_long_after_the_first_byte(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=100))

    pipe.clock.pass_ms(50)
    pipe.push(b"lost")
    pipe.clock.pass_ms(50)
    pipe.push(b"lost")
    pipe.clock.pass_ms(1000)

    assert pipe.data == b""
    assert pipe.ended == [(150, Ending.RESET)]


def test_reset_peer_resets_at_the_first_byte_with_a_timeout_of_0(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=0))

    pipe.push(b"lost")

    assert pipe.ended == [(0, Ending.RESET)]


def test_reset_peer_takes_an_end_for_a_byte(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=100))

    pipe.finish()
    pipe.clock.pass_ms(1000)

    assert pipe.ended == [(100, Ending.RESET)]


def test_reset_peer_leaves_a_silent_connection_alone(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=100))

    pipe.clock.pass_ms(1e6)
    pipe.settle()
    pipe.push(b"heard")

    assert (pipe.data, pipe.ended) == (b"heard", [])


def test_reset_peer_resets_at_once_when_removed_after_a_byte_was_lost(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=1000))
    pipe.push(b"lost")

    pipe.clock.pass_ms(10)
    pipe.settle()

    assert pipe.ended == [(10, Ending.RESET)]


def test_reset_peer_counts_another_time_from_the_first_byte(pipe, toxic):
    pipe.open(toxic("reset_peer", timeout=1000))
    pipe.push(b"lost")

    pipe.clock.pass_ms(10)
    pipe.settle(toxic("reset_peer", timeout=50))
    pipe.clock.pass_ms(1000)

    assert pipe.ended == [(50, Ending.RESET)]
