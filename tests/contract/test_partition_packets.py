"""Nodes cut off by the kernel: where, one way or both, and how it is seen."""

import os

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, FaultDidNotLand

from .conftest import HOST
from .packets import (
    NEEDS_ROOT,
    address,
    connection,
    end,
    heals,
    holder,
    lands,
    partitions,
    passes,
    standing,
    way,
    ways,
)

pytestmark = NEEDS_ROOT
ONE, TWO, THREE = (address(n) for n in (1, 2, 3))


@pytest.fixture
def partition():
    with partitions() as make:
        yield make


def test_isolated_node_reaches_nobody_and_the_others_reach_each_other(partition):
    fault = partition()

    fault.inject()
    landed = lands(fault)

    assert landed["by"] == "nft"
    assert landed["held_by"] == os.getpid()
    assert {pair for pair, dropped in landed["dropped"].items() if dropped} == {
        "toy-1 > toy-2", "toy-1 > toy-3", "toy-2 > toy-1", "toy-3 > toy-1",
    }  # fmt: skip
    assert [passes(ONE, TWO), passes(TWO, ONE), passes(ONE, THREE)] == [0, 0, 0]
    assert [passes(TWO, THREE), passes(THREE, TWO)] == [1, 1]
    assert passes("127.0.0.1", ONE) == 1


def test_one_way_partition_silences_the_node_and_lets_it_hear(partition):
    fault = partition(one_way=True)

    fault.inject()
    landed = lands(fault)

    assert set(landed["dropped"]) == {"toy-1 > toy-2", "toy-1 > toy-3"}
    assert [passes(ONE, TWO), passes(ONE, THREE)] == [0, 0]
    assert [passes(TWO, ONE), passes(THREE, ONE)] == [1, 1]


def test_partition_between_groups_cuts_the_names_they_were_given(partition):
    roles = {
        "primary": way("toy-2", 2),
        "toy-1": way("toy-1", 1),
        "toy-3": way("toy-3", 3),
    }
    fault = partition("toy-2", roles, groups=["primary", ["toy-3"]])

    fault.inject()
    lands(fault)

    assert [passes(TWO, THREE), passes(THREE, TWO)] == [0, 0]
    assert [passes(ONE, TWO), passes(ONE, THREE)] == [1, 1]


def test_sender_is_not_told_and_what_it_sent_arrives_when_it_is_over(partition):
    client, server = connection(ONE, TWO)
    fault = partition()
    fault.inject()
    lands(fault)

    with client, server:
        client.sendall(b"kept by the sender")
        server.settimeout(0.3)
        with pytest.raises(TimeoutError):
            server.recv(99)
        heals(fault)
        server.settimeout(5)

        assert server.recv(99) == b"kept by the sender"


def test_partition_lands_and_is_seen_to_stay_within_milliseconds(partition):
    fault = partition()

    began = world.monotonic_ns()
    fault.inject()
    lands(fault)
    landed_ms = (world.monotonic_ns() - began) / 1e6
    began = world.monotonic_ns()
    still_there = fault.landed()
    looked_ms = (world.monotonic_ns() - began) / 1e6

    assert still_there
    assert landed_ms < 500
    assert looked_ms < 50


def test_partition_is_seen_to_have_ended_when_its_table_is_gone(partition):
    fault = partition()
    fault.inject()
    lands(fault)

    fault._cuts[0]._drops._table.close()

    assert fault.landed() is None


def test_partition_does_not_land_where_nothing_passed_before(partition):
    pairs = [[ONE, TWO], [TWO, ONE], [ONE, THREE], [THREE, ONE]]
    child = holder(world.token(), pairs)
    fault = partition()

    with pytest.raises(FaultDidNotLand, match="no packet passed between the nodes before"):
        fault.inject()

    end(child)
    assert not standing(fault)


def test_two_partitions_end_one_by_one(partition):
    first = partition(groups=["toy-1", "toy-2"])
    second = partition(groups=["toy-2", "toy-3"])
    for each in (first, second):
        each.inject()
        lands(each)

    heals(first)
    after_one = [passes(ONE, TWO), passes(TWO, THREE)]
    heals(second)

    assert after_one == [1, 0]
    assert passes(TWO, THREE) == 1


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (
            {"toy-1": way("toy-1", 1), "toy-2": way("toy-2", 1)},
            (
                f"toy-2 and toy-1 share the address {ONE}: packets cannot tell them apart; "
                "give each server an address of its own, or use a proxied lab"
            ),
        ),
        (
            {"toy-1": way("toy-1", 1), "toy-2": way("toy-2", 2, service=["127.0.0.1", 9])},
            (
                "toy-2 and every client share the address 127.0.0.1: packets cannot tell them apart; "
                "give each server an address of its own, or use a proxied lab"
            ),
        ),
        (
            {"toy-1": way("toy-1", 1), "toy-2": way("toy-2", 2, bind=["192.0.2.7", 9])},
            (
                "192.0.2.7 is no address of this machine (Cannot assign requested address): "
                "packets to it are not ours to drop"
            ),
        ),
    ],
    ids=["shared", "everybody's", "elsewhere"],
)
def test_partition_that_packets_cannot_make_is_refused_before_anything_happens(
    partition, paths, said
):
    fault = partition("toy-1", paths)

    with pytest.raises(BadArgument) as refused:
        fault.inject()

    assert str(refused.value) == said
    assert not standing(fault)


def test_writes_are_not_replicated_while_the_replica_is_cut_off(partition, valkey):
    primary = valkey("primary", *listens_at(ONE))
    replica = valkey("replica", *listens_at(TWO), "--replicaof", f"{ONE} {primary.port}")
    client = primary.client()
    assert world.wait_until(lambda: copied(client, "before", 1000), 20)
    fault = partition("toy-1", {name: ways()[name] for name in ("toy-1", "toy-2")})

    fault.inject()
    lands(fault)
    during = copied(client, "during", 300)
    heals(fault)

    assert not during
    assert world.wait_until(lambda: copied(client, "after", 1000), 20)
    assert replica.client().get("during") == b"x"


def listens_at(host):
    """Options of a server that has one more address, and is known to its peers by that."""
    return "--bind", f"{HOST} {host}", "--bind-source-addr", host


def copied(client, key, within_ms):
    """Whether a write reaches a replica."""
    client.set(key, "x")
    return client.wait(1, within_ms) == 1
