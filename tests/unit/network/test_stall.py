"""A stall has landed when as many answers are late as chance allows for."""

import pytest

from chaos_ext.network.stall import Stall


@pytest.mark.parametrize("percent", [5, 30, 100])
def test_stall_lands_with_the_share_that_was_late(rig, percent):
    fault = rig.made(Stall, percent=percent, stall_ms=100)

    fault.inject()

    landed = rig.landed(fault)
    assert abs(landed["late_percent"] - percent) < 15
    assert landed["asked_percent"] == percent
    assert landed["questions"] >= 200


def test_stall_in_both_directions_is_met_twice(rig):
    one_way, both = rig.made(Stall, percent=50), rig.made(Stall, percent=50, stream="both")

    shares = one_way.share, both.share

    assert shares == (0.5, 0.75)


def test_stall_has_not_landed_when_far_more_answers_are_late(rig):
    rig.net.twist = {"percent": 40}
    fault = rig.made(Stall, percent=10, stall_ms=20)

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()


def test_stall_has_not_landed_on_one_peer_while_all_wait(rig):
    rig.net.twist = {"sources": []}
    fault = rig.made(Stall, percent=100, stall_ms=5, only_from="redis-2")

    fault.inject()

    assert rig.until(fault.landed, 0.5) is None
    fault.heal()
