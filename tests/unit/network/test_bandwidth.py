"""A bandwidth has landed when bytes come back at the rate that was asked for."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network.bandwidth import Bandwidth


@pytest.mark.parametrize("kb_per_s", [1, 100, 2000])
def test_bandwidth_lands_at_the_rate_that_comes_back(rig, kb_per_s):
    fault = rig.made(Bandwidth, kb_per_s=kb_per_s)

    fault.inject()

    landed = rig.landed(fault)
    assert landed["kb_per_s"] == pytest.approx(kb_per_s, rel=0.1)
    assert rig.lease["faults"][0]["attributes"] == {"rate": kb_per_s}


def test_bandwidth_has_not_landed_when_the_rate_is_another(rig):
    rig.net.twist = {"rate": 130}
    fault = rig.made(Bandwidth, kb_per_s=100)

    fault.inject()

    assert rig.until(fault.landed, 3) is None
    fault.heal()


def test_bandwidth_lands_on_one_peer_while_others_are_faster(rig):
    fault = rig.made(Bandwidth, kb_per_s=100, only_from="redis-2")

    fault.inject()

    assert rig.landed(fault)
    assert rig.lease["faults"][0]["sources"] == ["127.70.1.12"]


def test_bandwidth_has_not_landed_on_one_peer_while_all_are_slow(rig):
    rig.net.twist = {"sources": []}
    fault = rig.made(Bandwidth, kb_per_s=100, only_from="redis-2")

    fault.inject()

    assert rig.until(fault.landed, 3) is None
    fault.heal()


def test_bandwidth_is_refused_where_answers_cannot_fill_the_line(rig):
    rig.net.ours = False
    fault = rig.made(Bandwidth, kb_per_s=20_000)

    with pytest.raises(BadArgument, match="2,000 KB/s, so through the Toxiproxy in front of"):
        fault.inject()

    assert fault.healed()
