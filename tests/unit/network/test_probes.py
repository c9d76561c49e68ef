"""Probes ask the way that the conductor knows, and say when there is nobody to ask."""

import pytest

from chaos_ext.errors import BadArgument, NoConductor, TargetUnreachable
from chaos_ext.lease import session
from chaos_ext.network import asking, probes

PATH = {
    "node": "redis-1",
    "service": ["127.70.1.101", 17379],
    "alive": {"send": "PING\r\n", "expect": "+PONG"},
    "proxy": None,
}


class Conductor:
    """Knows one way."""

    def __init__(self):
        self.known = dict(PATH)

    def path(self, target):
        return {"redis-primary": self.known}[target]


@pytest.fixture
def conductor():
    made = Conductor()
    session.begin(made)
    yield made
    session.end()


@pytest.mark.parametrize("name", probes.__all__)
def test_probe_has_no_answer_without_a_conductor(name):
    session.end()

    with pytest.raises(NoConductor, match=f"^network.{name}: no conductor"):
        getattr(probes, name)("redis-primary")


def test_rtt_is_what_was_measured(conductor, monkeypatch):
    monkeypatch.setattr(asking, "rtt_ms", lambda path, within_s: within_s * len(path))

    assert probes.rtt_ms("redis-primary", timeout_s=2) == 8


def test_rtt_is_no_number_without_an_answer(conductor, monkeypatch):
    monkeypatch.setattr(asking, "rtt_ms", lambda *_: None)

    with pytest.raises(TargetUnreachable, match=":17379 has not answered"):
        probes.rtt_ms("redis-primary")


def test_rtt_is_refused_when_nobody_knows_a_question(conductor):
    conductor.known["alive"] = None

    with pytest.raises(BadArgument, match="nobody knows a question for redis-1"):
        probes.rtt_ms("redis-primary")


@pytest.mark.parametrize(("rtt_ms", "reachable"), [(None, False), (0.0, True), (7.5, True)])
def test_reachable_is_who_answers(conductor, monkeypatch, rtt_ms, reachable):
    monkeypatch.setattr(asking, "rtt_ms", lambda *_: rtt_ms)

    assert probes.reachable("redis-primary") is reachable


@pytest.mark.parametrize("taken", [True, False])
def test_reachable_is_who_takes_connections_when_nobody_knows_a_question(
    conductor, monkeypatch, taken
):
    conductor.known["alive"] = None
    monkeypatch.setattr(asking, "connects", lambda *_: taken)

    assert probes.reachable("redis-primary") is taken


def test_proxied_is_false_without_a_proxy(conductor):
    assert probes.proxied("redis-primary") == {"proxied": False}
