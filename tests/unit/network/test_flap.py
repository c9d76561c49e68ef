"""A flap has landed when the way was seen down, and later up."""

from chaos_ext.network.flap import Flap


def test_flap_is_seen_down_and_then_up(rig):
    fault = rig.made(Flap, up_s=0.5, down_s=0.25)

    fault.inject()

    landed = rig.landed(fault)
    assert landed["down_after_ms"] < 5
    assert 245 <= landed["up_after_ms"] <= 260
    (only,) = rig.lease["faults"]
    assert only == {"proxy": "redis-1", "do": "flap", "up_ms": 500, "down_ms": 250}


def test_flap_has_not_landed_while_it_stays_down(rig):
    rig.net.twist = {"down_ms": 1_000_000}
    fault = rig.made(Flap, up_s=0.5, down_s=0.25)

    fault.inject()

    assert rig.until(fault.landed, 2) is None
    fault.heal()


def test_flap_has_time_for_both_to_land(rig):
    fault = rig.made(Flap, up_s=20, down_s=30)

    assert fault.lands_within_s == 55
