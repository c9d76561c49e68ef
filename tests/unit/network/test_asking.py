"""What probes find out: an answer, a connection, and what the proxy says of itself."""

import pytest

from chaos_ext import world
from chaos_ext.network import asking


@pytest.fixture
def path(rig, monkeypatch):
    """The way to redis-1, on the clock of its net."""

    def wait(condition, timeout_s, every_s=0.0):
        end_ns = rig.net.now_ns + timeout_s * 1e9
        while not (found := condition()) and rig.net.now_ns < end_ns:
            rig.net.tick()
        return bool(found)

    monkeypatch.setattr(world, "wait_until", wait)
    monkeypatch.setattr(asking, "Server", lambda _url: rig.net)
    return rig.paths["redis-primary"]


def test_rtt_is_the_time_to_the_answer(path, net):
    net.base_ms = 12

    assert 12 <= asking.rtt_ms(path, 1) <= 12.5


def test_rtt_is_nothing_without_an_answer(path, net):
    net.server_is_silent = True

    assert asking.rtt_ms(path, 0.2) is None


def test_rtt_is_nothing_at_once_when_nobody_listens(path, net):
    net.dead, begun_ns = True, net.now_ns

    assert asking.rtt_ms(path, 5) is None
    assert net.now_ns - begun_ns < 0.1e9


@pytest.mark.parametrize("dead", [True, False])
def test_connects_when_somebody_takes_the_connection(path, net, dead):
    net.dead = dead

    assert asking.connects(path, 0.5) is not dead
    assert all(line.ended for line in net.lines)


def test_facts_are_nothing_without_a_proxy(path):
    path["proxy"] = None

    assert asking.facts(path) == {"proxied": False}


def test_facts_are_what_our_proxy_says(path, net):
    net.others = [
        {"name": "a", "type": "latency", "stream": "upstream", "attributes": {}, "lease": "x"}
    ]

    told = asking.facts(path)

    plain = {"name": "a", "type": "latency", "stream": "upstream", "attributes": {}}
    assert told == {"proxied": True, "name": "redis-1", "enabled": True, "toxics": [plain]}


def test_facts_are_what_a_toxiproxy_says(path, net, monkeypatch):
    net.ours = False
    said = {"enabled": False, "listen": "127.0.0.1:1", "Logger": {}, "toxics": []}
    monkeypatch.setattr(net, "ask", lambda _method, place: {"/proxies/redis-1": said}[place])

    told = asking.facts(path)

    assert told["listen"] == "127.0.0.1:1"
    assert "Logger" not in told
