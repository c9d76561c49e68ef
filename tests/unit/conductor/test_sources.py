"""A fault between two servers is refused while one of them speaks to the other from an address of anybody's."""

import psutil
import pytest

from chaos_ext.conductor import sources
from chaos_ext.environment import attach
from chaos_ext.environment.model import Environment, Target
from chaos_ext.errors import NotAllowed

A, B = ("127.55.0.1", 6379), ("127.55.0.2", 6379)


class Process:
    """A process with the connections of a test."""

    status = "ESTABLISHED"

    def __init__(self, spoken):
        self.spoken = spoken

    def net_connections(self, kind):
        assert kind == "tcp"
        return [Connection(*each, self.status) for each in self.spoken]


class Place:
    def __init__(self, ip, port=40_000):
        self.ip, self.port = ip, port


class Connection:
    def __init__(self, source, to, status):
        self.laddr, self.raddr, self.status = Place(source), Place(*to), status


@pytest.fixture
def speaks(monkeypatch):
    """Has redis-b, a server of the user's own, speak; redis-a, the other one, never does."""

    def begin(*spoken, status="ESTABLISHED"):
        pids = {"redis-a": Process([]), "redis-b": Process(spoken)}
        pids["redis-b"].status = status
        monkeypatch.setattr(attach, "find", lambda target: target.name)
        monkeypatch.setattr(psutil, "Process", pids.get)

    return begin


def refuse(*names, attached=True):
    where = {"redis-a": A, "redis-b": B}
    ways = {
        name: {"node": name, "bind": list(where[name]), "service": list(where[name])}
        for name in names
    }
    told = {"port": 6379} if attached else {}
    targets = {name: Target(name, "redis", attach=told) for name in where}
    here = Environment("bench", "native", "here.yaml", targets=targets)
    sources.refuse_unseen("network.partition", here, ways)


@pytest.mark.parametrize("source", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_fault_is_refused_when_a_server_speaks_from_an_address_of_anybodys(speaks, source):
    speaks((source, B), (source, A))

    with pytest.raises(NotAllowed, match=r"redis-b speaks to redis-a from 127\.0\.0\.1, which"):
        refuse("redis-a", "redis-b")


def test_fault_is_done_when_servers_speak_from_their_own_addresses(speaks):
    speaks((B[0], A))

    refuse("redis-a", "redis-b")


def test_fault_is_done_when_what_is_spoken_is_over_or_is_with_others(speaks):
    speaks(("127.0.0.1", ("127.55.0.9", 6379)))
    refuse("redis-a", "redis-b")
    speaks(("127.0.0.1", A), status="TIME_WAIT")

    refuse("redis-a", "redis-b")


def test_fault_of_one_server_or_of_a_lab_is_not_looked_at(speaks):
    speaks(("127.0.0.1", A))

    refuse("redis-a")
    refuse("redis-a", "redis-b", attached=False)
