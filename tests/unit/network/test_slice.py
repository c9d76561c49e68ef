"""A slice has landed when what was sent at once comes in small pieces, each after its delay."""

import pytest

from chaos_ext.network.slice import Slice


@pytest.mark.parametrize("delay_us", [0, 1000, 50_000])
def test_slice_counts_the_pieces(rig, delay_us):
    fault = rig.made(Slice, average_bytes=64, delay_us=delay_us)

    fault.inject()

    landed = rig.landed(fault)
    assert landed["pieces"] == 8
    assert landed["bytes_a_piece"] == 64
    assert landed["took_ms"] >= 7 * delay_us / 1e3


def test_slice_has_not_landed_when_pieces_are_too_big(rig):
    rig.net.twist = {"average_size": 128}
    fault = rig.made(Slice, average_bytes=64)

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()


def test_slice_has_not_landed_when_pieces_come_at_once(rig):
    rig.net.twist = {"delay": 0}
    fault = rig.made(Slice, average_bytes=64, delay_us=10_000)

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()
