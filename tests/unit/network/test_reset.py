"""A reset has landed when a connection of ours was reset with all others."""

import pytest

from chaos_ext.network import measure
from chaos_ext.network.line import CLOSED, RESET
from chaos_ext.network.reset import Reset


def test_reset_counts_all_connections_but_its_own(rig):
    for _ in range(3):
        measure.Line(("127.70.1.101", 17379)).connect()
    rig.net.strangers = 0
    fault = rig.made(Reset)

    fault.inject()

    assert rig.landed(fault) == {"reset": 3, "established": RESET}
    assert rig.lease is None


def test_reset_has_not_landed_while_nobody_else_is_connected(rig):
    rig.net.strangers = 0
    fault = rig.made(Reset)

    fault.inject()
    alone = rig.until(fault.landed, 1)
    rig.net.strangers = 2

    assert alone is None
    assert rig.landed(fault)["reset"] == 2


def test_reset_is_over_as_soon_as_it_has_landed_unless_new_ones_are_reset():
    assert Reset.momentary.fget(type("Now", (), {"every_new": False}))
    assert not Reset.momentary.fget(type("Later", (), {"every_new": True}))


@pytest.mark.parametrize("after_ms", [0, 300])
def test_reset_of_every_new_one_sees_a_new_one_reset_in_time(rig, after_ms):
    fault = rig.made(Reset, every_new=True, after_ms=after_ms)

    fault.inject()

    landed = rig.landed(fault)
    assert abs(landed["new_reset_after_ms"] - after_ms) < 30
    (only,) = rig.lease["faults"]
    assert only["type"] == "reset_peer"


def test_reset_has_not_landed_when_connections_are_closed_in_good_order(rig, monkeypatch):
    end_all = rig.net.end_all
    monkeypatch.setattr(rig.net, "end_all", lambda _how: end_all(CLOSED))
    fault = rig.made(Reset)

    fault.inject()

    assert rig.until(fault.landed, 3) is None
    fault.heal()
