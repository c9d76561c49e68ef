"""The fault `dns`: which answers are the ones that were asked for, and what the resolver is asked."""

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.network import dns
from chaos_ext.network.dns import Dns, Found

NAME, RIGHT, WRONG = "redis-1.redis.chaos.test", "127.70.1.101", "127.0.0.9"


class Server:
    """A proxy's server that knows no lease, or is not there at all."""

    there = True

    def __init__(self, _url):
        self.asked = []

    def listens(self):
        return self.there

    def find(self, method, path):
        self.asked.append((method, path))

    def ask(self, method, path, body=None):
        self.asked.append((method, path, body))
        return {"lab": {"held_by": ["another"]}}


@pytest.fixture
def made(rig, monkeypatch):
    """Makes faults on redis-1, whose name a resolver knows."""
    monkeypatch.setattr(dns, "Server", type("Asked", (Server,), {}))
    resolver = {
        "url": "http://127.70.1.250:8474",
        "address": ["127.70.1.251", 5353],
        "name": NAME,
    }
    rig.paths["redis-primary"]["resolver"] = resolver
    return lambda **settings: rig.made(Dns, **settings)


@pytest.mark.parametrize(
    ("settings", "found", "landed"),
    [
        ({"how": "fail"}, Found("SERVFAIL", (), 1), True),
        ({"how": "fail"}, Found("NOERROR", (RIGHT,), 1), False),
        ({"how": "fail"}, Found("NXDOMAIN", (), 1), False),
        ({"how": "wrong", "answer": WRONG}, Found("NOERROR", (WRONG,), 1), True),
        ({"how": "wrong", "answer": WRONG}, Found("NOERROR", (RIGHT,), 1), False),
        ({"how": "wrong", "answer": WRONG}, Found("NOERROR", (WRONG, RIGHT), 1), False),
        ({"how": "delay", "delay_ms": 300}, Found("NOERROR", (RIGHT,), 301), True),
        ({"how": "delay", "delay_ms": 300}, Found("NOERROR", (RIGHT,), 1), False),
        ({"how": "delay", "delay_ms": 2}, Found("NOERROR", (RIGHT,), 1), False),
        ({"how": "delay", "delay_ms": 300}, Found("NOERROR", (RIGHT,), 900), False),
        ({"how": "delay", "delay_ms": 300}, Found("SERVFAIL", (), 300), False),
    ],
)
def test_dns_lands_with_no_other_answer_than_the_one_asked_for(made, settings, found, landed):
    assert made(**settings)._is_as_asked(found) == landed


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"how": "fail"}, {"how": "fail"}),
        ({"how": "delay", "delay_ms": 30}, {"how": "delay", "delay_ms": 30}),
        ({"how": "wrong", "answer": WRONG}, {"how": "wrong", "answer": WRONG}),
    ],
)
def test_dns_asks_the_resolver_for_one_name_and_what_it_needs(made, rig, settings, asked):
    body = made(**settings)._body()

    assert body["faults"] == [{"resolver": "lab", "do": "dns", "names": [NAME], **asked}]
    left_s = (rig.target.deadline_ns - world.boottime_ns()) / 1e9
    assert body["for_s"] == left_s + 2
    assert body["owner"]["pid"] > 0


def test_dns_has_the_time_that_a_late_answer_needs(made):
    assert made(how="delay", delay_ms=3000).lands_within_s == 8
    assert made(how="fail", delay_ms=3000).lands_within_s == 5


def test_dns_is_healed_without_asking_when_another_lease_holds_the_resolver(made):
    fault = made()

    fault.heal()

    assert fault.healed()
    assert fault._server.asked[0] == ("DELETE", "/chaos/leases/0a1b2c3d")
    assert fault._server.asked[-1] == ("GET", "/chaos/resolvers", None)


def test_dns_is_healed_when_its_resolver_is_gone(made):
    fault = made()
    fault._server.there = False

    fault.heal()

    assert fault.healed()
    assert fault._server.asked == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"how": "slow"}, "network.dns: no way 'slow'"),
        ({"how": "wrong", "answer": RIGHT}, f"network.dns: {RIGHT} is the right answer"),
    ],
)
def test_dns_that_makes_no_sense_is_refused(made, settings, said):
    with pytest.raises(BadArgument) as refused:
        made(**settings)

    assert str(refused.value).startswith(said)


def test_dns_of_a_name_that_nobody_knows_is_refused(rig):
    with pytest.raises(
        BadArgument, match=r"no resolver of ours knows redis-1; start the lab anew"
    ):
        rig.made(Dns)
