"""By what means nodes are cut off, whom it concerns, and what is refused before anything happens."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network import nft, partition
from chaos_ext.network.partition import Partition

PATHS = {
    name: {
        "node": node,
        "bind": [f"127.9.0.{number}", 9],
        "service": [f"127.9.0.{100 + number}", 9],
        "proxy": {"url": "http://127.9.0.250:8474", "name": node},
        "alive": None,
    }
    for number, (name, node) in enumerate(
        [("toy-1", "toy-1"), ("toy-2", "toy-2"), ("toy-3", "toy-3")], 1
    )
}
PRIMARY = {"primary": PATHS["toy-2"]}


class Target:
    name = node = "toy-1"
    lease_id, deadline_ns = "0a1b", 0


class Means:
    """One way to cut, which keeps a record of what it was asked."""

    asked = ()

    def __init__(self, *settings):
        self.settings, self.is_healed = settings, True
        type(self).made.append(self)

    def inject(self):
        type(self).done.append((type(self).__name__, "inject"))

    def landed(self):
        return {"by": type(self).__name__}

    def heal(self):
        type(self).done.append((type(self).__name__, "heal"))

    def healed(self):
        return self.is_healed


@pytest.fixture
def means(monkeypatch):
    """Both means, and what was done by them."""
    shared = {"made": [], "done": []}
    for name in ("PacketCut", "LinkCut"):
        monkeypatch.setattr(partition, name, type(name, (Means,), shared))
    monkeypatch.setattr(nft, "possible", lambda _netns="": "")
    return shared


def test_packets_are_dropped_where_that_is_possible(means):
    fault = Partition(Target(), PATHS)

    fault.inject()

    assert means["done"] == [("PacketCut", "inject")]
    assert fault.landed() == {"by": "PacketCut"}
    lease, cuts, addresses, _ = means["made"][0].settings
    assert lease == "0a1b"
    assert ("toy-1", "toy-3") in cuts
    assert addresses["toy-2"] == ("127.9.0.2", "127.9.0.102")


@pytest.mark.parametrize(("by", "done"), [("", "LinkCut"), ("nft", "PacketCut")])
def test_links_fall_silent_where_packets_cannot_be_dropped(means, monkeypatch, by, done):
    monkeypatch.setattr(nft, "possible", lambda _netns="": "not permitted")

    Partition(Target(), PATHS, by=by).inject()

    assert means["done"] == [(done, "inject")]


def test_only_what_was_done_is_undone(means):
    fault = Partition(Target(), PATHS)
    fault.inject()

    fault.heal()

    assert means["done"][1:] == [("PacketCut", "heal")]
    assert fault.healed()


def test_whatever_may_have_been_done_is_undone_after_a_crash(means):
    fault = Partition(Target(), PATHS)

    fault.heal()
    means["made"][1].is_healed = False
    half = fault.healed()
    means["made"][1].is_healed = True

    assert means["done"] == [("PacketCut", "heal"), ("LinkCut", "heal")]
    assert not half
    assert fault.healed()


def test_no_proxy_is_asked_after_a_crash_where_there_is_none(means):
    fault = Partition(Target(), {name: {**path, "proxy": None} for name, path in PATHS.items()})

    fault.heal()

    assert means["done"] == [("PacketCut", "heal")]


def test_names_of_groups_are_the_nodes_that_they_were_resolved_to(means):
    Partition(Target(), PATHS | PRIMARY, groups=["primary", ["toy-3"]]).inject()

    assert means["made"][0].settings[1] == {("toy-2", "toy-3"), ("toy-3", "toy-2")}


@pytest.mark.parametrize("possible", ["", "not permitted"])
def test_partition_needs_proxies_where_packets_cannot_be_dropped(monkeypatch, possible):
    monkeypatch.setattr(nft, "possible", lambda _netns="": possible)

    assert Partition.needs_proxy() == bool(possible)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"by": "nfd"}, "network.partition: no means 'nfd' (did you mean nft?)"),
        ({"shape": "bridg"}, "no shape 'bridg' (did you mean bridge?)"),
        (
            {"groups": ["toy-1", "toy-4"]},
            "network.partition: no way to toy-4 (did you mean toy-3?)",
        ),
        ({"groups": [["toy-1"]]}, "a partition is between two groups of names, or more"),
        ({"shape": "ring"}, "a ring needs 4 nodes, here are 3; three make a bridge"),
    ],
)
def test_partition_that_makes_no_sense_is_refused(means, settings, said):
    with pytest.raises(BadArgument) as refused:
        Partition(Target(), PATHS, **settings)

    assert str(refused.value) == said
    assert means["made"] == []
