"""The sampler is told of every server that has its process here, and of no other."""

from pathlib import Path
from types import SimpleNamespace

from chaos_ext.conductor import resources
from chaos_ext.environment.model import Environment, Target
from chaos_ext.lab.model import Lab, Node
from chaos_ext.redis import client

ADDRESS = ("127.9.9.1", 6379)


def _run(**targets):
    environment = Environment("here", "native", "", targets=targets)
    return SimpleNamespace(environment=environment)


def _lab(owner, *nodes):
    made = tuple(Node(name, part, ADDRESS, ADDRESS) for name, part in nodes)
    return Lab("redis-1f", "redis", owner, Path("/labs/redis-1f"), "", made, {})


def test_servers_of_a_lab_are_found_by_their_keys_and_data():
    lab = _lab("run", ("redis-1", "data"), ("sentinel-1", "sentinel"))

    data, sentinel = resources._watches(_run(), lab)

    assert (data.name, data.key, data.address) == ("redis-1", "redis-1f/redis-1", ADDRESS)
    assert data.folder == "/labs/redis-1f/redis-1/data"
    assert sentinel.folder == ""


def test_helpers_of_a_lab_are_not_looked_at():
    lab = _lab("run", ("redis-1", "data"), ("proxy", "proxy"), ("disk", "disk"))

    assert [each.name for each in resources._watches(_run(), lab)] == ["redis-1"]


def test_servers_of_the_users_own_are_looked_at_where_their_process_is_here():
    here = Target("cache", "redis", attach={"port": 6379})
    elsewhere = Target("far", "redis")

    lab = _lab("attached", ("cache", "data"), ("far", "data"))
    watched = list(resources._watches(_run(cache=here, far=elsewhere), lab))

    assert [(each.name, each.attach, each.key) for each in watched] == [
        ("cache", {"port": 6379}, "")
    ]


def test_login_is_given_where_one_is_known_and_never_shown(monkeypatch):
    monkeypatch.setattr(client, "_logins", {ADDRESS: ("", "secret")})

    (watch,) = resources._watches(_run(), _lab("run", ("redis-1", "data")))

    assert watch.login == ("secret",)
    assert "secret" not in repr(watch)
