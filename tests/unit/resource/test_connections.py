"""As many are held as the server allows, but for those it has and those that are left."""

from types import SimpleNamespace

import pytest

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.resource import connections, hogs, insides
from chaos_ext.resource.connections import Connections

PATHS = {"redis-primary": {"system": "redis", "service": ["127.0.0.1", 1], "alive": None}}


@pytest.fixture
def server(monkeypatch):
    """What a server says of its connections."""
    found = SimpleNamespace(used=5, allowed=100, full=False)

    def told(_address):
        if found.full:
            raise TargetUnreachable("ERR max number of clients reached")
        return found.used, found.allowed

    inside = SimpleNamespace(connections=told, HELLO=b"")
    monkeypatch.setattr(insides, "inside", lambda _system, _word: inside)
    return found


@pytest.fixture
def files(monkeypatch):
    """How many files we may open."""

    def may(count):
        monkeypatch.setattr(connections.resource, "getrlimit", lambda _which: (count, count))

    may(1000)
    return may


@pytest.fixture
def fault(target, server, files):
    return Connections(target, PATHS, left=10)


def test_what_there_is_is_seen_before(fault):
    assert fault.look() == {"used": 5, "allowed": 100}
    assert fault._missing() == 85


def test_more_than_we_may_open_are_refused_with_the_numbers(fault, files):
    files(100)

    with pytest.raises(
        NotAllowed, match=r"85 would have to be held, and 36 are possible .* left: 59"
    ):
        fault.look()


def test_left_that_is_not_less_than_there_is_is_refused(fault, server):
    server.used = 90

    with pytest.raises(NotAllowed, match="has 10 connections left as it is; make left less"):
        fault.look()


def test_nothing_is_missing_where_nobody_gets_in(fault, server):
    server.full = True

    assert fault._missing() == 0


def test_connections_that_were_never_held_are_healed_twice(fault, monkeypatch):
    monkeypatch.setattr(hogs, "left", lambda _lease: [])

    fault.heal()
    fault.heal()

    assert fault.landed() is None
    assert fault.healed()


def test_connections_are_not_healed_while_somebody_holds_them(fault, monkeypatch):
    monkeypatch.setattr(hogs, "left", lambda _lease: [4_000_000])

    assert not fault.healed()
