"""What is under `/chaos/` is read strictly and answered in JSON."""

import asyncio
import json

import pytest

from chaos_ext import __version__
from chaos_ext.proxy.api.answers import Request
from chaos_ext.proxy.api.api import Api

from ..fakes import FakeProxies

NOOP = {"proxy": "a", "do": "toxic", "type": "noop", "stream": "both", "sources": ["127.0.0.9"]}


def asked(proxies, *requests):
    """Status and JSON of the answers, one after the other."""

    async def run():
        api = Api(proxies)
        answers = [
            await api.answer(Request(method, path, body=body.encode()))
            for method, path, body in requests
        ]
        api.leases.close()
        return [(each.status, json.loads(each.body) if each.body else None) for each in answers]

    return asyncio.run(run())


def test_version_tells_ours():
    assert asked(FakeProxies(), ("GET", "/chaos/version", "")) == [
        (200, {"chaos_ext": __version__, "api": 1})
    ]


def test_proxies_are_told_with_what_toxiproxy_cannot_tell():
    lease = json.dumps({"for_s": 5, "faults": [NOOP, {"proxy": "a", "do": "down"}]})

    _, (status, told) = asked(
        FakeProxies("a"), ("PUT", "/chaos/leases/l", lease), ("GET", "/chaos/proxies", "")
    )

    assert status == 200
    assert told["a"]["connections"] == 3
    assert told["a"]["received_bytes"] == {"upstream": 10, "downstream": 1_500_000}
    assert told["a"]["sent_bytes"]["upstream"] == 8
    assert told["a"]["held_down_by"] == ["l"]
    assert [(each["lease"], each["sources"]) for each in told["a"]["toxics"]] == [
        ("l", ["127.0.0.9"])
    ] * 2


def test_lease_is_told_as_it_was_asked_for():
    lease = json.dumps({"for_s": 5, "faults": [NOOP]})

    answers = asked(
        FakeProxies("a"),
        ("PUT", "/chaos/leases/l", lease),
        ("GET", "/chaos/leases", ""),
        ("POST", "/chaos/leases/l/renew", '{"for_s": 50}'),
        ("PUT", "/chaos/leases/l", lease),
        ("DELETE", "/chaos/leases/l", ""),
        ("GET", "/chaos/leases/l", ""),
        ("POST", "/chaos/leases/l/renew", '{"for_s": 50}'),
    )

    assert [status for status, _ in answers] == [201, 200, 200, 409, 204, 404, 404]
    assert answers[0][1]["faults"] == [NOOP]
    assert answers[1][1]["l"]["owner"] is None
    assert 5 < answers[2][1]["left_s"] <= 50


def test_reset_takes_addresses_or_nothing():
    proxies = FakeProxies("a")

    answers = asked(
        proxies,
        ("POST", "/chaos/proxies/a/reset", ""),
        ("POST", "/chaos/proxies/a/reset", '{"sources": ["127.0.0.9"]}'),
        ("POST", "/chaos/proxies/b/reset", ""),
        ("POST", "/chaos/proxies/a/reset", '{"source": []}'),
        ("POST", "/chaos/proxies/a/reset", '{"sources": ["nobody"]}'),
    )

    assert [status for status, _ in answers] == [200, 200, 404, 400, 400]
    assert answers[0][1] == {"reset": 3}
    assert "known: a" in answers[2][1]["error"]
    assert proxies.get("a").did == [
        ("reset", frozenset()),
        ("reset", frozenset({"127.0.0.9"})),
    ]


def test_echo_is_announced_for_one_address_and_port():
    proxies = FakeProxies("a")

    answers = asked(
        proxies,
        ("POST", "/chaos/proxies/a/echo", '{"from": ["127.0.0.1", 40123]}'),
        ("POST", "/chaos/proxies/a/echo", '{"from": ["127.0.0.1", 65536]}'),
        ("POST", "/chaos/proxies/a/echo", '{"from": ["127.0.0.1", true]}'),
        ("POST", "/chaos/proxies/a/echo", '{"from": "127.0.0.1:40123"}'),
    )

    assert [status for status, _ in answers] == [204, 400, 400, 400]
    assert proxies.get("a").echoes == [("127.0.0.1", 40123)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ('{"for_s": Infinity}', "Infinity is no number"),
        ('{"for_s": 1, "for_s": 1}', "'for_s' is there twice"),
        ("[]", "must be a JSON object"),
        ('{"for_s": 1e9, "faults": [{}]}', "for_s must be a number above 0"),
        ('{"for_s": true, "faults": [{}]}', "for_s must be a number above 0"),
        ('{"for_s": 1}', "faults is empty"),
        ('{"for_s": 1, "faults": [], "ower": 1}', "did you mean owner?"),
        ('{"for_s": 1, "faults": [{}], "owner": {"pid": 1.5}}', "owner.pid must be"),
        ('{"for_s": 1, "faults": [{}], "owner": []}', "owner must be a mapping"),
    ],
)
def test_wrong_lease_is_refused(body, told):
    ((status, answer),) = asked(FakeProxies("a"), ("PUT", "/chaos/leases/l", body))

    assert status == 400
    assert told in answer["error"]


def test_body_with_many_keys_is_read_at_once():
    body = "{" + ",".join(f'"{number}":0' for number in range(50_000)) + ',"1":1}'

    ((status, answer),) = asked(FakeProxies("a"), ("PUT", "/chaos/leases/l", body))

    assert (status, answer["error"]) == (400, "the body is no JSON: the key '1' is there twice")
