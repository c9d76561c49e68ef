"""When a partition made of dropped packets counts as landed and as healed, and when it does not."""

from collections import Counter
from itertools import permutations

import pytest

from chaos_ext.errors import BadArgument, FaultDidNotLand
from chaos_ext.network import drops, shapes
from chaos_ext.network.packet_cut import PacketCut

ADDRESSES = {"a": ("127.9.0.1",), "b": ("127.9.0.2",), "c": ("127.9.0.3",)}
A, B, C = "127.9.0.1", "127.9.0.2", "127.9.0.3"


class World:
    """Who reaches whom, whether rules stand, and what the kernel has counted."""

    def __init__(self):
        self.open = set(permutations((A, B, C), 2))
        self.standing = self.others = self.works = False
        self.counts = True

    # -- in place of Drops -----------------------------------------------------------

    def put(self, rules):
        self.standing, self.pairs = True, set(rules[0].pairs)
        if self.works:
            self.open -= self.pairs

    def met(self):
        if not self.standing:
            return None
        return dict.fromkeys(self.pairs, int(self.counts))

    def let_go(self):
        if self.standing and self.works:
            self.open |= self.pairs
        self.standing = False

    def alone(self):
        return not self.others


class Sent:
    """In place of Datagrams: they arrive where the world is open."""

    world = None

    def __init__(self, addresses, netns=""):
        if "gone" in self.world.__dict__:
            raise BadArgument("no address of this machine")
        self.arrived = Counter()
        self.on_their_way = []

    def forget(self):
        self.arrived.clear()

    def send(self, pairs):
        self.on_their_way += [pair for pair in pairs if pair in self.world.open]

    def look(self):
        self.arrived.update(self.on_their_way)
        self.on_their_way.clear()

    def passing(self, pairs, _within_ms, _times=1):
        return set(pairs) & self.world.open

    def close(self):
        """Nothing is open."""


@pytest.fixture
def reached(monkeypatch):
    made = World()

    class Drops:
        def __init__(self, _lease, _netns=""):
            self.put, self.met, self.let_go = made.put, made.met, made.let_go
            self.standing, self.alone = lambda: made.standing, made.alone

    monkeypatch.setattr(drops, "Drops", Drops)
    monkeypatch.setattr(drops, "Datagrams", type("Datagrams", (Sent,), {"world": made}))
    return made


def cut(**settings):
    cuts = shapes.wanted("a", "abc", (), "isolate", settings.pop("one_way", False))
    return PacketCut("lease", cuts, settings.pop("addresses", ADDRESSES))


def test_partition_lands_when_what_is_cut_is_dropped_and_all_else_arrives(reached):
    reached.works = True
    fault = cut()

    fault.inject()
    landed = fault.landed()

    assert set(landed["dropped"]) == {"a > b", "a > c", "b > a", "c > a"}


def test_partition_does_not_land_while_anything_arrives_where_it_is_cut(reached):
    fault = cut(one_way=True)  # the rules stand, and nothing comes of it

    fault.inject()

    assert [fault.landed() for _ in range(5)] == [None] * 5


def test_partition_does_not_land_while_the_kernel_has_dropped_nothing(reached):
    reached.works, reached.counts = True, False
    fault = cut()

    fault.inject()

    assert [fault.landed() for _ in range(5)] == [None] * 5


def test_partition_does_not_land_while_somebody_else_is_cut_off_as_well(reached):
    reached.works = True
    fault = cut()
    fault.inject()
    reached.open -= {(B, C)}
    fault._datagrams.on_their_way.clear()

    first = fault.landed()
    reached.open |= {(B, C)}
    lands = [fault.landed() for _ in range(3)][-1]

    assert first is None
    assert lands


def test_partition_has_ended_when_its_rules_are_gone(reached):
    reached.works = True
    fault = cut()
    fault.inject()
    before = fault.landed()

    reached.standing = False

    assert before
    assert fault.landed() is None


def test_partition_does_not_land_where_nobody_was_reached_before(reached):
    reached.open -= {(A, B), (B, A), (A, C), (C, A)}
    fault = cut()

    with pytest.raises(FaultDidNotLand):
        fault.inject()

    fault.heal()
    assert fault.healed()  # what was so before is none of ours


def test_partition_is_healed_only_when_packets_pass_again(reached):
    reached.works = True
    fault = cut()
    fault.inject()
    still = fault.healed()

    fault.heal()
    reached.open -= {(B, A)}
    one_is_missing = fault.healed()
    reached.open |= {(B, A)}

    assert not still
    assert not one_is_missing
    assert fault.healed()


def test_partition_is_healed_when_another_one_drops_the_same_packets(reached):
    reached.works = True
    fault = cut()
    fault.inject()

    fault.heal()
    reached.open.clear()
    reached.others = True

    assert fault.healed()


def test_partition_made_anew_is_healed_when_its_addresses_are_gone(reached):
    fault = cut()
    reached.gone = True

    fault.heal()

    assert fault.healed()


@pytest.mark.parametrize(
    ("addresses", "who"),
    [
        ({**ADDRESSES, "b": (A,)}, "b and a share"),
        ({**ADDRESSES, "b": ("127.0.0.1",)}, "b and every client share"),
    ],
)
def test_partition_by_packets_needs_an_address_for_each_node(reached, addresses, who):
    fault = cut(addresses=addresses)

    with pytest.raises(BadArgument, match=who):
        fault.inject()

    assert not reached.standing
