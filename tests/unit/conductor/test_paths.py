"""The way to a target is the way to the very node that is hurt, whatever its role does meanwhile."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from chaos_ext.conductor import paths
from chaos_ext.environment.model import Environment, Target
from chaos_ext.lab import fronts
from chaos_ext.lab.model import Lab, Node
from chaos_ext.redis import roles

NAMES = ("redis-1", "redis-2", "redis-primary", "redis-replica")


@pytest.fixture
def run(monkeypatch):
    """A run in a proxied lab whose primary is redis-2 by now."""
    plain = [Node(f"redis-{n}", "data", *2 * ((f"127.9.9.{n}", 17379),)) for n in (1, 2)]
    nodes = tuple(fronts.through(plain, "127.9.9"))
    lab = Lab("redis-1a2b3c", "redis", "run", Path("lab"), "", nodes, {})
    monkeypatch.setattr(roles, "primary", lambda _lab: nodes[1])
    targets = {name: Target(name, "redis") for name in NAMES}
    here = Environment("here", "native", "here.yaml", targets=targets)
    return SimpleNamespace(environment=here, labs={"redis": lab})


def test_way_of_a_role_is_that_of_the_node_it_was_when_the_fault_was_asked_for(run):
    found = paths.paths(run, "redis-primary", "redis-1", ["redis-primary", "redis-replica"])

    assert {name: way["node"] for name, way in found.items()} == {
        "redis-primary": "redis-1",
        "redis-replica": "redis-1",  # nobody hurts it, so it is whoever it is now
    }
    assert found["redis-primary"]["bind"] == ["127.9.9.1", 17379]
    assert found["redis-primary"]["service"] == ["127.9.9.101", 17379]
    assert found["redis-primary"]["proxy"] == {
        "url": "http://127.9.9.250:8474", "name": "redis-1"
    }  # fmt: skip


def test_ways_of_all_are_those_of_every_server_and_not_of_the_proxy(run):
    found = paths.paths(run, "redis-primary", "redis-1", [paths.EVERY])

    assert sorted(found) == ["redis-1", "redis-2"]


def test_way_has_no_names_as_packets_have_none(run, monkeypatch):
    named = Node("redis-1", "data", ("localhost", 17379), ("cache.example", 17379))
    run.labs["redis"] = Lab("attached", "redis", "attached", Path(), "", (named,), {})
    known = {"localhost": "127.0.0.1"}

    def look_up(host):
        if host in known:
            return known[host]
        raise OSError(f"nobody knows {host}")

    monkeypatch.setattr(paths.socket, "gethostbyname", look_up)

    found = paths.path(run, "redis-1")

    assert found["bind"] == ["127.0.0.1", 17379]
    assert found["service"] == ["cache.example", 17379]
