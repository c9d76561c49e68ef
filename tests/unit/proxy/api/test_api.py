"""The API as a whole: what comes before a handler, one change at a time, and answers in time."""

import asyncio
import json

import pytest

from chaos_ext.proxy.api import api as api_module
from chaos_ext.proxy.api.answers import Request
from chaos_ext.proxy.api.api import Api
from chaos_ext.proxy.api.metrics import Metrics

from ..fakes import FakeProxies


def asked(proxies, *requests, metrics=None):
    """The answers to requests, one after the other."""

    async def run():
        api = Api(proxies, metrics)
        answers = [await api.answer(Request(*each)) for each in requests]
        api.leases.close()
        return answers

    return asyncio.run(run())


def test_matched_routes_bear_an_identity_and_others_do_not():
    answers = asked(
        FakeProxies(),
        ("GET", "/version"),
        ("GET", "/proxies/none"),
        ("GET", "/version", "Mozilla/5.0"),
        ("GET", "/nope", "Mozilla/5.0"),
        ("PUT", "/proxies", "Mozilla/5.0"),
        ("GET", "//proxies", "Mozilla/5.0"),
    )

    identities = [dict(each.headers).get("X-Toxiproxy-Request-Id", "") for each in answers]
    assert [each.status for each in answers] == [200, 404, 403, 404, 405, 301]
    assert [len(each) for each in identities] == [20, 20, 20, 0, 0, 0]
    assert len(set(identities[:3])) == 3
    assert answers[2].body == b"User agent not allowed\n"


def test_browsers_change_nothing():
    proxies = FakeProxies("a")

    (answer,) = asked(proxies, ("DELETE", "/proxies/a", "Mozilla/5.0"))

    assert answer.status == 403
    assert proxies.get("a") is not None


def test_errors_are_text_for_toxiproxy_and_json_for_us():
    theirs, ours = asked(FakeProxies(), ("GET", "/proxies/x"), ("GET", "/chaos/leases/x"))

    assert theirs.type == "text/plain; charset=utf-8"
    assert ours.type == "application/json"
    assert json.loads(theirs.body) == {"error": "proxy not found", "status": 404}
    assert json.loads(ours.body)["status"] == 404


@pytest.mark.parametrize(("wanted", "status"), [(True, 200), (False, 404)])
def test_metrics_exist_only_when_they_were_asked_for(wanted, status):
    proxies = FakeProxies("a")
    metrics = Metrics(proxies, of_proxies=True, of_runtime=False) if wanted else None

    (answer,) = asked(proxies, ("GET", "/metrics"), metrics=metrics)

    assert answer.status == status


def test_only_changes_read_a_body():
    async def look():
        api = Api(FakeProxies())
        return [
            api.reads_body(*each)
            for each in (
                ("POST", "/proxies"),
                ("PATCH", "/proxies/a"),
                ("GET", "/proxies"),
                ("POST", "/x"),
            )
        ]

    assert asyncio.run(look()) == [True, True, False, False]


def test_changes_are_made_one_after_the_other_and_reading_does_not_wait():
    async def run():
        proxies = FakeProxies("a", "b")
        first, go = proxies.get("a"), asyncio.Event()

        async def slow_stop(*_):
            await go.wait()

        first.update = slow_stop
        api = Api(proxies)
        slow = asyncio.create_task(api.answer(Request("PATCH", "/proxies/a", body=b"{}")))
        await asyncio.sleep(0)
        second = asyncio.create_task(api.answer(Request("DELETE", "/proxies/b")))
        read = await api.answer(Request("GET", "/proxies"))
        still_there = proxies.get("b") is not None
        go.set()
        return read, still_there, await slow, await second

    read, still_there, slow, second = asyncio.run(run())

    assert still_there
    assert [each.status for each in (read, slow, second)] == [200, 200, 204]


def test_change_that_takes_too_long_is_told_and_goes_on(monkeypatch):
    monkeypatch.setattr(api_module, "HANDLER_S", 0.001)

    async def run():
        proxies = FakeProxies("a")
        go, done = asyncio.Event(), asyncio.Event()

        async def slow_update(*_):
            await go.wait()
            done.set()

        proxies.get("a").update = slow_update
        api = Api(proxies)
        answer = await api.answer(Request("PATCH", "/proxies/a", body=b"{}"))
        go.set()
        await done.wait()
        return answer

    answer = asyncio.run(run())

    assert (answer.status, answer.body) == (503, b"")
