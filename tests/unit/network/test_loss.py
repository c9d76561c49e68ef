"""By what means packets are lost, and what is refused before anything happens."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network import loss, nft
from chaos_ext.network.loss import Loss


@pytest.fixture
def root(monkeypatch):
    """Whether packets may be dropped: call it with the reason why not."""

    def permit(why):
        monkeypatch.setattr(nft, "possible", lambda _netns="": why)

    permit("")
    return permit


def test_loss_stalls_both_directions_where_packets_cannot_be_dropped(rig, root):
    root("not permitted")
    fault = rig.made(Loss, percent=100, only_from="redis-2")

    fault.inject()
    landed = rig.landed(fault)

    asked = rig.lease["faults"][0]
    assert landed["asked_percent"] == landed["late_percent"] == 100
    assert asked["type"] == "stall"
    assert asked["stream"] == "both"
    assert asked["sources"] == ["127.70.1.12"]


def test_loss_that_was_stalled_is_healed(rig, root):
    root("not permitted")
    fault = rig.made(Loss, percent=100)
    fault.inject()
    assert rig.landed(fault)

    fault.heal()

    assert rig.healed(fault)
    assert rig.lease is None


def test_loss_does_not_land_when_the_proxy_does_nothing(rig, root, net):
    root("not permitted")
    net.lies = True
    fault = rig.made(Loss, percent=50)

    fault.inject()

    assert rig.landed(fault) is None


def test_loss_of_everything_has_the_time_that_its_questions_need(rig, root):
    root("not permitted")
    little, much = rig.made(Loss, percent=1), rig.made(Loss, percent=100)
    before = little.lands_within_s
    for fault in (little, much):
        fault.inject()

    assert before == 5
    assert little.lands_within_s > 5
    assert much.lands_within_s > 8


def test_packets_are_dropped_where_that_is_possible(rig, root, monkeypatch):
    made = []
    monkeypatch.setattr(loss, "PacketLoss", lambda *settings: made.append(settings) or Silent())

    rig.made(Loss, percent=5, only_from="redis-2").inject()

    lease, share, way, peer, netns = made[0]
    assert [lease, share, netns] == ["0a1b2c3d", 0.05, ""]
    assert [way["node"], peer["node"]] == ["redis-1", "redis-2"]


class Silent:
    """Does nothing."""

    def inject(self):
        """Nothing is done."""


@pytest.mark.parametrize("possible", ["", "not permitted"])
def test_loss_needs_a_proxy_where_packets_cannot_be_dropped(root, possible):
    root(possible)

    assert Loss.needs_proxy() == bool(possible)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"percent": 0}, "network.loss: percent must be 0.01 to 100, not 0"),
        ({"percent": 100.5}, "network.loss: percent must be 0.01 to 100, not 100.5"),
        ({"by": "iptables"}, "network.loss: no means 'iptables' (known: nft, proxy)"),
    ],
)
def test_loss_that_makes_no_sense_is_refused(rig, settings, said):
    with pytest.raises(BadArgument) as refused:
        rig.made(Loss, **settings)

    assert str(refused.value) == said


def test_loss_of_a_part_of_a_percent_needs_root_and_leaves_nothing(rig, root, net):
    root("not permitted")
    fault = rig.made(Loss, percent=2.5)

    with pytest.raises(BadArgument, match=r"must be a whole number, not 2\.5"):
        fault.inject()

    fault.heal()
    assert fault.healed()
    assert net.leases == {}
