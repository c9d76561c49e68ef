"""Stall: late in lumps, whole and in order."""

from chaos_ext.proxy.core.toxics.stage import Ending


def test_stall_lets_everything_pass_at_0_percent(pipe, toxic):
    pipe.open(toxic("stall", percent=0, stall_ms=100))

    pipe.push(b"abc")

    assert pipe.told == [(0, b"abc")]


def test_stall_holds_what_is_behind_a_lost_chunk(pipe, toxic):
    pipe.open(toxic("stall", percent=30, stall_ms=200))

    for each in range(100):
        pipe.push(bytes([each]))
        pipe.clock.pass_ms(10)
    pipe.clock.pass_ms(1e6)
    pipe.finish()

    late = [at - each * 10 for each, (at, _) in enumerate(pipe.told)]
    assert pipe.data == bytes(range(100))
    assert max(late) >= 200
    assert min(late) == 0
    assert [ending for _, ending in pipe.ended] == [Ending.EOF]


def test_stall_doubles_the_wait_of_a_chunk_that_is_lost_again(pipe, toxic):
    pipe.open(toxic("stall", percent=100, stall_ms=1))

    pipe.push(b"a")
    pipe.clock.pass_ms(1e6)

    assert pipe.told == [(1023, b"a")]
