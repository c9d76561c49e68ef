"""Toxiproxy's handlers, on proxies that only remember; the wire is compared in tests/contract."""

import asyncio
import json

import pytest

from chaos_ext.errors import HealFailed
from chaos_ext.proxy.api.answers import Failed, Request
from chaos_ext.proxy.api.routes import Toxiproxy
from chaos_ext.proxy.core.model import ToxicSpec

from ..fakes import FakeProxies

LATENCY = ToxicSpec("t", "latency", "upstream", 0.5, {"latency": 1, "jitter": 2})


async def nothing_to_clear():
    """Nobody has a lease."""


@pytest.fixture
def proxies():
    """Two proxies, the first with a toxic."""
    made = FakeProxies("a", "bb")
    asyncio.run(made.get("a").put_toxics([LATENCY]))
    return made


def call(proxies, handler, *names, body="", cleared=nothing_to_clear):
    routes = Toxiproxy(proxies, cleared)
    request = Request("POST", "/", body=body.encode())
    return asyncio.run(getattr(routes, handler)(request, *names))


def refused(proxies, handler, *names, **others):
    with pytest.raises(Failed) as failure:
        call(proxies, handler, *names, **others)
    return failure.value.status, failure.value.text


def test_update_of_a_toxic_merges_and_keeps_its_place(proxies):
    asyncio.run(proxies.get("a").put_toxics([ToxicSpec("u", "noop", "upstream")]))

    answer = call(
        proxies, "toxic_update", "a", "t", body='{"attributes":{"jitter":9},"name":"x"}'
    )

    assert json.loads(answer.body)["attributes"] == {"latency": 1, "jitter": 9}
    assert [each.name for each in proxies.get("a").toxics] == ["t", "u"]
    assert proxies.get("a").toxics[0].toxicity == 0.5


def test_update_that_is_wrong_leaves_the_toxic_as_it_was(proxies):
    wrong = '{"toxicity":1,"attributes":{"latency":5,"jitter":4611686018427387904}}'

    status, text = refused(proxies, "toxic_update", "a", "t", body=wrong)

    assert status == 400
    assert "jitter" in text
    assert proxies.get("a").toxics == [LATENCY]


def test_toxic_of_a_lease_is_not_changed_by_others(proxies):
    asyncio.run(proxies.get("a").put_toxics([ToxicSpec("l", "stall", "upstream", lease="run")]))

    status, text = refused(proxies, "toxic_update", "a", "l", body="{}")

    assert status == 409
    assert "lease run" in text


def test_reset_ends_leases_then_removes_toxics_then_starts_everything(proxies):
    order = []

    async def cleared():
        order.append([len(each.toxics) for each in proxies.all().values()])

    proxies.get("bb").enabled = False
    answer = call(proxies, "reset", cleared=cleared)

    assert answer.status == 204
    assert order == [[1, 0]]
    assert all(each.enabled and not each.toxics for each in proxies.all().values())


def test_reset_goes_on_after_what_failed_and_tells_the_first(proxies):
    async def not_cleared():
        raise HealFailed("lease x is not undone yet")

    proxies.taken.add(proxies.get("a").listen)
    proxies.get("bb").enabled = False

    status, text = refused(proxies, "reset", cleared=not_cleared)

    assert (status, text) == (500, "lease x is not undone yet")
    assert proxies.get("bb").enabled
    assert proxies.get("a").toxics == []


@pytest.mark.parametrize(
    ("handler", "names", "body", "expected"),
    [
        ("show", ["x"], "", (404, "proxy not found")),
        ("update", ["x"], "nonsense", (404, "proxy not found")),
        ("delete", ["x"], "", (404, "proxy not found")),
        ("toxics", ["x"], "", (404, "proxy not found")),
        ("toxic_show", ["a", "x"], "", (404, "toxic not found")),
        ("toxic_update", ["a", "x"], "nonsense", (404, "toxic not found")),
        ("toxic_delete", ["a", "x"], "", (404, "toxic not found")),
        ("create", [], '{"name":"a","upstream":"h:1"}', (409, "proxy already exists")),
        ("create", [], '{"upstream":"h:1"}', (400, "missing required field: name")),
        ("update", ["a"], '{"listen":"x"}', (500, "address x: missing port in address")),
    ],
)
def test_what_cannot_be_is_refused(proxies, handler, names, body, expected):
    assert refused(proxies, handler, *names, body=body) == expected


def test_proxy_that_cannot_listen_is_not_made(proxies):
    proxies.taken.add("h:5")

    status, text = refused(
        proxies, "create", body='{"name":"c","upstream":"h:1","listen":"h:5"}'
    )

    assert (status, text) == (500, "listen tcp h:5: bind: address already in use")
    assert proxies.get("c") is None


def test_index_is_in_the_order_of_names(proxies):
    asyncio.run(proxies.add("Ä", "x:1", "h:1", start=False))
    asyncio.run(proxies.add("Z", "x:1", "h:1", start=False))

    answer = call(proxies, "index")

    assert list(json.loads(answer.body)) == ["Z", "a", "bb", "Ä"]
