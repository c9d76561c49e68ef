"""Limit data: exactly so many bytes, then the end."""

import pytest

from chaos_ext.proxy.core.toxics.stage import Ending


@pytest.mark.parametrize("chunks", [[b"abcdefgh"], [b"abc", b"defgh"], [b"abcde", b"f"]])
def test_limit_data_passes_exactly_its_bytes(pipe, toxic, chunks):
    pipe.open(toxic("limit_data", bytes=5))

    for chunk in chunks:
        pipe.push(chunk)

    assert pipe.data == b"abcde"
    assert pipe.ended == [(0, Ending.CLOSE)]


def test_limit_data_of_0_closes_at_the_first_byte(pipe, toxic):
    pipe.open(toxic("limit_data", bytes=0))

    before = list(pipe.ended)
    pipe.push(b"a")

    assert before == []
    assert (pipe.data, pipe.ended) == (b"", [(0, Ending.CLOSE)])


def test_limit_data_goes_on_counting_when_other_toxics_change(pipe, toxic):
    pipe.open(toxic("latency", latency=0, jitter=0), toxic("limit_data", bytes=5))
    pipe.push(b"abc")

    pipe.settle(toxic("limit_data", bytes=5), toxic("noop"))
    pipe.settle(toxic("limit_data", bytes=6), toxic("bandwidth", rate=1000))
    pipe.push(b"defgh")
    pipe.clock.pass_ms(100)

    assert pipe.data == b"abcdef"
    assert [ending for _, ending in pipe.ended] == [Ending.CLOSE]


def test_limit_data_closes_behind_what_others_hold(pipe, toxic):
    pipe.open(toxic("limit_data", bytes=3), toxic("latency", latency=100, jitter=0))

    pipe.push(b"abcdef")
    pipe.clock.pass_ms(500)

    assert pipe.told == [(100, b"abc")]
    assert pipe.ended == [(100, Ending.CLOSE)]
