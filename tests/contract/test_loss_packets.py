"""Packets that are lost on their way from and to a server: as many as asked for, and no others."""

from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, FaultDidNotLand, HealFailed
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import HEALED
from chaos_ext.network import nft
from chaos_ext.network.loss import Loss

from .leasing import Rig
from .packets import NEEDS_ROOT, Asked, address, connection, heals, lands, passes, way, ways

pytestmark = NEEDS_ROOT
ONE, TWO, THREE = (address(n) for n in (1, 2, 3))
CLIENT = "127.0.0.1"


@pytest.fixture
def loss():
    """Makes losses; whatever is left of them is healed."""
    made = []

    def make(paths=None, **settings):
        made.append(Loss(Asked("toy-1"), paths or ways(), **settings))
        return made[-1]

    yield make
    for each in made:
        heals(each)


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("percent", [0.5, 10, 60, 99])
def test_loss_loses_as_many_packets_as_asked_in_each_direction(loss, percent):
    fault = loss(percent=percent)

    fault.inject()
    landed = lands(fault)

    five_deviations = 5 * (2000 * percent / 100 * (1 - percent / 100)) ** 0.5
    for pair in ((TWO, ONE), (ONE, TWO)):
        lost = 2000 - passes(*pair, times=2000)
        assert abs(lost - 20 * percent) <= five_deviations
    assert landed["by"] == "nft"
    assert landed["asked_percent"] == pytest.approx(percent)
    assert landed["lost_percent_to"] == pytest.approx(percent, abs=10)
    assert landed["dropped"] > 0


def test_loss_of_everything_lets_nothing_through(loss):
    fault = loss(percent=100)

    fault.inject()
    landed = lands(fault)

    assert [passes(CLIENT, ONE, times=50), passes(ONE, CLIENT, times=50)] == [0, 0]
    assert [landed["lost_percent_to"], landed["lost_percent_from"]] == [100, 100]


def test_loss_hits_nobody_else(loss):
    fault = loss(percent=50)

    fault.inject()
    lands(fault)

    assert passes(TWO, THREE, times=200) == 200
    assert passes(CLIENT, TWO, times=200) == 200


def test_loss_from_one_node_spares_all_others(loss):
    fault = loss(percent=50, only_from="toy-2")

    fault.inject()
    lands(fault)

    assert 20 < passes(TWO, ONE, times=100) < 80
    assert 20 < passes(ONE, TWO, times=100) < 80
    assert [passes(THREE, ONE, times=100), passes(CLIENT, ONE, times=100)] == [100, 100]


def test_loss_is_not_doubled_between_a_proxy_and_its_server(loss):
    paths = {"toy-1": way("toy-1", 1, service=[THREE, 9])}
    fault = loss(paths, percent=100)

    fault.inject()
    lands(fault)

    assert [passes(CLIENT, ONE), passes(ONE, CLIENT)] == [1, 1]
    assert [passes(CLIENT, THREE), passes(TWO, ONE), passes(ONE, TWO)] == [0, 0, 0]


def test_stream_through_a_lossy_network_is_whole(loss):
    client, server = connection(TWO, ONE)
    fault = loss(percent=5)
    fault.inject()
    lands(fault)
    sent = bytes(range(256)) * 800

    with client, server:
        client.settimeout(30)
        client.sendall(sent)
        client.shutdown(1)
        server.settimeout(30)
        received = b"".join(iter(lambda: server.recv(65536), b""))

    assert received == sent


def test_loss_is_seen_to_have_ended_when_its_table_is_gone(loss):
    fault = loss()
    fault.inject()
    lands(fault)
    still = fault.landed()

    fault._made[0]._drops._table.close()

    assert still
    assert fault.landed() is None


def test_loss_does_not_land_where_packets_are_missing_already(loss):
    first, second = loss(percent=100), loss(percent=10)
    first.inject()
    lands(first)

    with pytest.raises(FaultDidNotLand, match="toy-1: packets were missing before any"):
        second.inject()

    heals(second)
    assert second.landed() is None


def test_loss_is_not_healed_while_somebody_else_holds_it(loss):
    holder = loss(percent=100)
    holder.inject()
    lands(holder)
    anew = Loss(holder.target, ways(), percent=100)

    with pytest.raises(
        HealFailed, match=r"pid \d+ still holds the table chaos_ext_\w+; end it"
    ):
        anew.heal()

    assert not anew.healed()
    heals(holder)
    assert anew.healed()


def test_loss_ends_with_the_guardian_that_held_it(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = replace(rig.lease(server, "pause"), fault="chaos_ext.network.loss")
    guarded.inject(replace(lease, settings={"paths": {"one": way("one", 4)}, "percent": 100}))
    held = passes(CLIENT, address(4))

    rig.kill_guardian(guarded)

    assert held == 0
    assert world.wait_until(lambda: nft.PREFIX + lease.id not in nft.tables(), 5)
    assert passes(CLIENT, address(4)) == 1
    assert sweep.sweep(rig.ledger).left == []
    assert rig.state(lease)[0] == HEALED


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"percent": 0}, "network.loss: percent must be 0.01 to 100, not 0"),
        ({"percent": 101}, "network.loss: percent must be 0.01 to 100, not 101"),
        ({"by": "nftt"}, "network.loss: no means 'nftt' (did you mean nft?)"),
    ],
)
def test_loss_that_makes_no_sense_is_refused(settings, said):
    with pytest.raises(BadArgument) as refused:
        Loss(Asked("toy-1"), ways(), **settings)

    assert str(refused.value) == said


def test_loss_at_an_address_of_everybody_is_refused_before_anything_happens(loss):
    fault = loss({"toy-1": way("toy-1", 1, service=[CLIENT, 9])})

    with pytest.raises(
        BadArgument, match=r"toy-1 has the address 127\.0\.0\.1, as every client has"
    ):
        fault.inject()

    assert nft.PREFIX + fault.target.lease_id not in nft.tables()
