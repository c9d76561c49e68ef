"""How many missing datagrams are a loss as it was asked for."""

from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.errors import BadArgument, FaultDidNotLand
from chaos_ext.network import drops
from chaos_ext.network.nft import Rule
from chaos_ext.network.packet_loss import PacketLoss

CLIENT, BIND, SERVICE, PEER = "127.0.0.1", "127.9.0.1", "127.9.0.101", "127.9.0.2"


def way(bind=BIND, service=SERVICE):
    return {"node": "toy-1", "bind": [bind, 9], "service": [service, 9]}


class Drops:
    """Rules that stand from being put until they are let go."""

    def __init__(self, _lease, _netns=""):
        self.rules, self.others = [], False

    def put(self, rules):
        self.rules = rules

    def standing(self):
        return bool(self.rules)

    def dropped(self):
        return 7

    def let_go(self):
        self.rules = []

    def alone(self):
        return not self.others


class Datagrams:
    """As many are lost, of each hundred and in each direction, as the test says."""

    lost_of_100: ClassVar = Counter()

    def __init__(self, _addresses, _netns=""):
        self.sent, self.arrived = Counter(), Counter()

    def forget(self):
        self.sent.clear()
        self.arrived.clear()

    def send(self, pairs, times=1):
        for pair in pairs:
            self.sent[pair] += times
            self.arrived[pair] += times - times * self.lost_of_100[pair] // 100

    def look(self):
        """They have arrived already."""

    def passing(self, pairs, _within_ms, times=1):
        self.forget()
        self.send(pairs, times)
        return {pair for pair in pairs if self.arrived[pair] >= times}

    def close(self):
        """Nothing is open."""


@pytest.fixture
def lost(monkeypatch):
    """How many of a hundred datagrams are lost, by the pair."""
    made = Counter()
    monkeypatch.setattr(drops, "Drops", Drops)
    monkeypatch.setattr(drops, "Datagrams", type("Sent", (Datagrams,), {"lost_of_100": made}))
    return made


def looks(fault, count=10):
    return [fault.landed() for _ in range(count)][-1]


def test_loss_lands_when_as_many_are_missing_in_each_direction(lost):
    fault = PacketLoss("lease", 0.1, way())
    fault.inject()
    lost |= {(CLIENT, SERVICE): 10, (SERVICE, CLIENT): 12}
    fault._datagrams.forget()

    landed = looks(fault)

    assert landed["lost_percent_to"] == 10
    assert landed["lost_percent_from"] == 12
    assert landed["dropped"] == 7


@pytest.mark.parametrize(
    ("share", "there", "back"),
    [(0.1, 10, 0), (0.1, 0, 10), (0.1, 10, 30), (0.5, 10, 50), (1.0, 100, 99), (0.99, 99, 100)],
)
def test_loss_does_not_land_while_one_direction_loses_otherwise(lost, share, there, back):
    fault = PacketLoss("lease", share, way())
    fault.inject()
    lost |= {(CLIENT, SERVICE): there, (SERVICE, CLIENT): back}
    fault._datagrams.forget()

    assert looks(fault) is None


def test_loss_from_one_node_does_not_land_while_others_are_hit(lost):
    fault = PacketLoss("lease", 1.0, way(), way(PEER, PEER))
    fault.inject()
    lost |= {(PEER, SERVICE): 100, (SERVICE, PEER): 100, (CLIENT, SERVICE): 100}
    fault._datagrams.forget()
    hit = looks(fault)

    lost[CLIENT, SERVICE] = 0
    fault._datagrams.forget()

    assert hit is None
    assert looks(fault)


def test_loss_has_ended_when_its_rules_are_gone(lost):
    fault = PacketLoss("lease", 1.0, way())
    fault.inject()
    lost |= {(CLIENT, SERVICE): 100, (SERVICE, CLIENT): 100}
    fault._datagrams.forget()
    landed = looks(fault)

    fault._drops.let_go()

    assert landed
    assert fault.landed() is None


def test_loss_is_healed_only_when_every_datagram_arrives(lost):
    fault = PacketLoss("lease", 0.1, way())
    fault.inject()
    still = fault.healed()

    fault.heal()
    lost[SERVICE, CLIENT] = 2
    some = fault.healed()
    lost.clear()

    assert [still, some, fault.healed()] == [False, False, True]


def test_loss_does_not_land_where_packets_are_missing_already(lost):
    lost[CLIENT, SERVICE] = 100
    fault = PacketLoss("lease", 0.1, way())

    with pytest.raises(FaultDidNotLand):
        fault.inject()

    assert fault.healed()  # what was so before is none of ours


def test_loss_spares_the_leg_of_the_proxy(lost):
    fault = PacketLoss("lease", 0.1, way())

    fault.inject()

    assert fault._drops.rules == [
        Rule(((CLIENT, BIND), (BIND, CLIENT)), drop=False),
        Rule(((BIND, ""), (SERVICE, "")), 0.1),
        Rule((("", BIND), ("", SERVICE)), 0.1),
    ]


def test_loss_spares_nobody_where_there_is_no_proxy(lost):
    fault = PacketLoss("lease", 0.1, way(BIND, BIND))

    fault.inject()

    assert fault._drops.rules == [Rule(((BIND, ""),), 0.1), Rule((("", BIND),), 0.1)]


def test_loss_of_everybody_is_refused(lost):
    fault = PacketLoss("lease", 0.1, way(CLIENT, CLIENT))

    with pytest.raises(BadArgument, match=r"toy-1 has the address 127\.0\.0\.1"):
        fault.inject()

    assert not fault._drops.standing()


@given(st.floats(0.001, 0.999), st.integers(400, 100_000), st.floats(0, 1))
def test_share_that_lies_far_off_is_never_likely(share, sent, lost):
    fault = PacketLoss("lease", share, way())
    fault._datagrams = Datagrams(())
    pair = fault._hit[0]
    fault._datagrams.sent[pair] = sent
    fault._datagrams.arrived[pair] = sent - int(sent * lost)

    likely = fault._is_likely(pair)

    deviations = abs(int(sent * lost) - sent * share) / (sent * share * (1 - share)) ** 0.5
    assert not (likely and deviations > 4.01)
    assert not (likely and int(sent * lost) in (0, sent))
