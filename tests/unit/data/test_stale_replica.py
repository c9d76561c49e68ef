"""A replica is stale when what was acknowledged is not there, and follows when it is."""

import pytest

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.data.stale_replica import UNSEEN_S, StaleReplica
from chaos_ext.errors import TargetUnreachable

PRIMARY = ("127.0.0.1", 1)


class Pair:
    """A primary and its replica in memory."""

    def __init__(self):
        self.sent, self.arrived = {}, {}
        self.offset_now, self.user = 100, "somebody"
        self.hindered, self.promoted, self.away = False, False, False
        self.now_ns = 0

    # what the module of a system offers
    def Replica(self, address):  # noqa: N802 - as the real one
        return Replica(self)

    def write(self, primary, key, value):
        self.sent[key] = value
        self.offset_now += 50

    def forget(self, primary, key):
        self.sent.pop(key, None)

    def value(self, primary, key):
        return self.sent.get(key)

    def offset(self, primary):
        return self.offset_now


class Replica:
    def __init__(self, pair):
        self.pair = pair
        if pair.away:
            raise TargetUnreachable("it is down")

    def look(self):
        return {"user": self.pair.user}

    def stop(self):
        self.pair.hindered = True

    def go_on(self, user):
        assert user == "somebody"
        self.pair.hindered = False

    def hindered(self):
        return self.pair.hindered

    def primary(self):
        return None if self.pair.promoted else PRIMARY

    def facts(self):
        down = self.pair.hindered
        if not down:
            self.pair.arrived = dict(self.pair.sent)
        return {
            "master_link_status": "down" if down else "up",
            "slave_repl_offset": "100" if down else str(self.pair.offset_now),
        }

    def value(self, key):
        return self.pair.arrived.get(key)


class Target:
    name, node, lease_id = "redis-replica", "redis-2", "0a1b2c3d"

    def refuse_beside(self, fault, *kinds):
        """Nobody else is at it."""


@pytest.fixture
def pair(monkeypatch):
    made = Pair()
    monkeypatch.setattr(systems, "of", lambda system, part: made)
    monkeypatch.setattr(world, "monotonic_ns", lambda: made.now_ns)
    return made


@pytest.fixture
def fault(pair):
    pair.now_ns = 1
    return anew()


def anew(**settings):
    paths = {"redis-replica": {"system": "paper", "bind": ["127.0.0.1", 2]}}
    return StaleReplica(Target(), paths=paths, **settings)


def landed(fault, pair):
    fault.look()
    fault.inject()
    assert fault.landed() is None
    pair.now_ns += int(UNSEEN_S * 1e9)
    return fault.landed()


def test_fault_lands_when_a_write_has_not_arrived_in_time(fault, pair):
    assert landed(fault, pair) == {"link": "down", "behind_bytes": 50}
    assert fault.landed() is not None


def test_fault_does_not_land_while_what_is_written_arrives(fault, pair):
    fault.look()
    fault.inject()
    fault.landed()
    pair.arrived = dict(pair.sent)
    pair.now_ns += int(UNSEEN_S * 1e9)

    assert fault.landed() is None


def test_fault_has_ended_when_the_link_is_up_or_the_replica_is_a_primary(fault, pair):
    landed(fault, pair)
    pair.hindered = False
    assert fault.landed() is None

    pair.hindered = pair.promoted = True
    assert fault.landed() is None


def test_fault_stays_in_place_while_its_replica_is_down(fault, pair):
    found = landed(fault, pair)

    pair.away = True

    assert fault.landed() == found


def test_replica_catches_up_by_whoever_heals_and_nothing_of_ours_stays(fault, pair):
    landed(fault, pair)
    healer = anew(before={"user": "somebody"})

    for _ in range(2):
        healer.heal()
        assert healer.healed()

    assert pair.sent == {}


def test_replica_that_cannot_be_reached_is_not_healed_yet(fault, pair):
    landed(fault, pair)
    pair.away = True
    fault.heal()
    assert not fault.healed()

    pair.away = False

    assert fault.healed()
    assert not pair.hindered


def test_replica_that_was_promoted_is_healed_when_it_has_its_own_login(fault, pair):
    landed(fault, pair)
    pair.promoted = True

    fault.heal()

    assert fault.healed()
    assert not pair.hindered
