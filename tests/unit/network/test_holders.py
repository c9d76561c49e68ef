"""At a plain Toxiproxy a fault is toxics that bear a mark, and what it cannot do is refused by name."""

import pytest

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.network import holders
from chaos_ext.network.holders import Held

DOWN = {"do": "down"}
PATH = "/proxies/redis-1"


def toxic(type_="latency", stream="downstream", **more):
    return {"do": "toxic", "type": type_, "stream": stream, "attributes": {}, **more}


class Toxiproxy:
    """One proxy of a Toxiproxy in memory."""

    url = "http://127.0.0.1:8474"

    def __init__(self):
        self.toxics, self.enabled, self.asked = [], True, []
        self.fails_at = 99

    def is_ours(self):
        return False

    def ask(self, method, path, body=None):
        self.asked.append((method, path, body))
        if path == f"{PATH}/toxics":
            if len(self.toxics) == self.fails_at:
                raise TargetUnreachable("stuck")
            self.toxics.append(body)
        elif body:
            self.enabled = body["enabled"]
        return {"enabled": self.enabled, "toxics": self.toxics}

    def find(self, method, path):
        if method == "DELETE":
            name = path.rpartition("/")[2]
            self.toxics = [each for each in self.toxics if each["name"] != name]
            return None
        return {"enabled": self.enabled, "toxics": list(self.toxics)}


@pytest.fixture
def server():
    return Toxiproxy()


@pytest.fixture
def held(server):
    return holders.holder(server, Held("redis-1", "redis-1", "0a1b", 10**18))


def test_toxics_are_named_after_the_lease_and_counted(held, server):
    asks = [toxic(stream="both", attributes={"latency": 5, "distribution": "uniform"})]

    held.put(asks)

    said = {"type": "latency", "attributes": {"latency": 5}}
    assert server.toxics == [
        {"name": "chaos-0a1b-0", "stream": "upstream", **said},
        {"name": "chaos-0a1b-1", "stream": "downstream", **said},
    ]
    assert held.there(asks)
    assert not held.gone(asks)


def test_toxics_of_others_stay_when_ours_are_removed(held, server):
    server.toxics = [{"name": "chaos-ffff-0"}, {"name": "mine"}]
    held.put([toxic()])

    held.end([toxic()])

    assert [each["name"] for each in server.toxics] == ["chaos-ffff-0", "mine"]
    assert held.gone([toxic()])
    assert held.disturbed()


def test_half_of_the_toxics_are_removed_when_the_other_half_failed(held, server):
    server.fails_at = 1
    asks = [toxic(stream="both")]
    with pytest.raises(TargetUnreachable):
        held.put(asks)
    assert len(server.toxics) == 1

    held.end(asks)

    assert server.toxics == []


def test_proxy_is_disabled_and_enabled_again(held, server):
    held.put([DOWN])
    was = server.enabled, held.there([DOWN]), held.gone([DOWN])

    held.end([DOWN])

    assert was == (False, True, False)
    assert server.enabled
    assert held.gone([DOWN])


def test_proxy_that_somebody_else_disabled_is_refused(held, server):
    server.enabled = False

    with pytest.raises(BadArgument, match="has redis-1 disabled already; enable it first"):
        held.refuse([DOWN])


def test_proxy_that_we_did_not_disable_stays_as_it_is(held, server):
    server.enabled = False

    held.end([toxic()])

    assert not server.enabled
    assert held.gone([toxic()])


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"do": "flap", "up_ms": 1, "down_ms": 1}, "flap"),
        ({"do": "reset"}, "reset"),
        (toxic("stall"), "stall"),
        (toxic("silence"), "silence"),
        (toxic(sources=["127.0.0.1"]), "only_from"),
        (toxic(attributes={"distribution": "pareto"}), "the distribution pareto"),
    ],
)
def test_what_a_toxiproxy_cannot_do_is_refused_by_name(held, server, asked, named):
    with pytest.raises(BadArgument, match=f"cannot do {named}.*; use `chaos proxy serve`"):
        held.refuse([toxic(), asked])

    assert server.toxics == []
    assert server.enabled


def test_proxy_that_a_toxiproxy_does_not_have_is_refused(held, server, monkeypatch):
    def missing(*_):
        raise BadArgument("404: proxy not found")

    monkeypatch.setattr(server, "ask", missing)

    with pytest.raises(BadArgument, match="proxy not found"):
        held.refuse([toxic()])


def test_what_a_toxiproxy_can_do_is_not_refused(held):
    can = [toxic(), toxic(attributes={"distribution": "uniform"}), toxic("slicer"), DOWN]

    assert held.refuse(can) is None
