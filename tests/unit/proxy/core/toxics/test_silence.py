"""Silence: nothing passes, nothing closes, nothing is lost."""

import pytest

from chaos_ext.proxy.core.toxics.stage import Ending


@pytest.mark.parametrize("ending", [Ending.EOF, Ending.RESET])
def test_silence_passes_bytes_and_end_when_it_is_over(pipe, toxic, ending):
    pipe.open(toxic("silence"))
    pipe.push(b"a")
    pipe.push(b"b")
    pipe.finish(ending)
    pipe.clock.pass_ms(1e9)
    before = (list(pipe.told), list(pipe.ended))

    pipe.settle()

    assert before == ([], [])
    assert pipe.data == b"ab"
    assert [each for _, each in pipe.ended] == [ending]


def test_silence_stops_the_source_when_it_holds_enough(pipe, toxic):
    pipe.open(toxic("silence"))

    pipe.push(bytes(65_536))
    stopped = not pipe.ends.reading
    pipe.settle()

    assert stopped
    assert pipe.ends.reading
