"""Slicer: small pieces, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as some


def test_slicer_halves_until_the_pieces_are_small(pipe, toxic):
    pipe.open(toxic("slicer", average_size=10, size_variation=0, delay=1000))

    pipe.push(bytes(range(100)))
    pipe.clock.pass_ms(1000)

    assert pipe.data == bytes(range(100))
    assert {len(data) for _, data in pipe.told} == {6, 7}


def test_slicer_waits_after_every_piece(pipe, toxic):
    pipe.open(toxic("slicer", average_size=5, size_variation=0, delay=2000))

    pipe.push(b"aaaaabbbbb")
    pipe.push(b"c")
    pipe.clock.pass_ms(1000)

    assert [data for _, data in pipe.told] == [b"aaaaa", b"bbbbb", b"c"]
    assert [at for at, _ in pipe.told] == pytest.approx([0, 2, 4], abs=0.001)


def test_slicer_sends_one_piece_a_turn_without_a_delay(pipe, toxic):
    pipe.open(toxic("slicer", average_size=1, size_variation=0, delay=0))

    pipe.push(b"abc")
    at_once = pipe.data
    pipe.clock.pass_ms(1)

    assert at_once == b"a"
    assert len(pipe.told) == 3


def test_slicer_lets_go_of_the_rest_when_removed(pipe, toxic):
    pipe.open(toxic("slicer", average_size=2, size_variation=1, delay=5000))
    pipe.push(b"abcdefgh")
    pipe.push(b"ijk")

    pipe.clock.pass_ms(1)
    pipe.settle()

    assert pipe.data == b"abcdefghijk"


@given(
    size=some.integers(1, 3000),
    average=some.integers(1, 300),
    share=some.floats(0, 1),
)
def test_slicer_never_cuts_an_empty_piece(new_pipe, toxic, size, average, share):
    variation = int(average * share)
    pipe = new_pipe().open(
        toxic("slicer", average_size=average, size_variation=variation, delay=0)
    )
    data = bytes(each % 251 for each in range(size))

    pipe.push(data)
    pipe.clock.pass_ms(10_000)

    sizes = [len(piece) for _, piece in pipe.told]
    assert pipe.data == data
    assert min(sizes) >= 1
    assert max(sizes) <= average + variation
