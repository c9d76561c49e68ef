"""Where the proxy of a lab stands, and what it is told."""

import json
from pathlib import Path

import pytest

from chaos_ext.lab import fronts
from chaos_ext.lab.model import Lab, Node

PRIMARY = Node("redis-1", "data", ("127.70.1.1", 17379), ("127.70.1.1", 17379))


@pytest.fixture
def lab(tmp_path):
    """A lab of one server, with a proxy in front of it."""
    nodes = tuple(fronts.through([PRIMARY], "127.70.1"))
    return Lab("redis-1a2b3c", "redis", "run", tmp_path, "redis-server", nodes, {})


def test_through_tells_others_an_address_of_the_proxy(lab):
    server = lab.node("redis-1")

    assert server.bind == ("127.70.1.1", 17379)
    assert server.service == ("127.70.1.101", 17379)
    assert fronts.of(lab).bind == ("127.70.1.250", 8474)


def test_through_gives_no_two_nodes_one_address():
    nodes = [
        Node(f"n{n}", "data", (f"127.70.1.{n}", 1), (f"127.70.1.{n}", 1))
        for n in (1, 9, 11, 19)
    ]

    all_nodes = fronts.through(nodes, "127.70.1")

    places = [place for node in all_nodes for place in {node.bind, node.service}]
    assert len(places) == len(set(places))


def test_spec_tells_the_proxy_whom_to_stand_in_front_of(lab):
    spec = fronts.spec(lab, fronts.of(lab))

    told = json.loads(Path(spec["argv"][-1]).read_text())
    assert told["proxies"] == [
        {"name": "redis-1", "listen": "127.70.1.101:17379", "upstream": "127.70.1.1:17379"}
    ]
    assert told["resolvers"][0]["records"] == {"redis-1.redis.chaos.test": "127.70.1.101"}
    assert spec["listen"] == ["127.70.1.250", 8474]


def test_way_leads_through_the_proxy_where_there_is_one(lab):
    proxy, resolver = fronts.way(lab, lab.node("redis-1"))

    assert proxy == {"url": "http://127.70.1.250:8474", "name": "redis-1"}
    assert resolver["name"] == "redis-1.redis.chaos.test"


def test_way_leads_to_the_server_where_there_is_none(tmp_path):
    bare = Lab("redis-1a2b3c", "redis", "run", tmp_path, "redis-server", (PRIMARY,), {})

    assert fronts.way(bare, PRIMARY) == (None, None)
