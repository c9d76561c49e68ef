"""Lists of proxies are looked at as a whole, then made one by one as Toxiproxy makes them."""

import asyncio

import pytest

from chaos_ext.proxy.api import gojson
from chaos_ext.proxy.api.answers import Failed
from chaos_ext.proxy.api.populate import new_toxic, put_all, shown, shown_toxic, wanted
from chaos_ext.proxy.core.model import ToxicSpec

from ..fakes import FakeProxies


def parsed(text):
    return gojson.parse(text.encode())


def put(proxies, text):
    """The names of what was put, and why it ended."""
    done = []
    try:
        asyncio.run(put_all(proxies, wanted(parsed(text)), done))
    except Failed as failure:
        return [each.name for each in done], (failure.status, failure.text)
    return [each.name for each in done], None


def test_toxic_has_defaults_and_echoes_its_spelling():
    spec = new_toxic(parsed('{"type":"latency","stream":"UPstream"}'), [])

    assert spec.name == "latency_UPstream"
    assert (spec.stream, spec.stream_told, spec.toxicity) == ("upstream", "UPstream", 1.0)
    assert shown_toxic(spec) == {
        "attributes": {"latency": 0, "jitter": 0},
        "name": "latency_UPstream",
        "type": "latency",
        "stream": "UPstream",
        "toxicity": 1.0,
    }


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ('{"type":"stall"}', 400, "invalid toxic type"),
        ('{"type":"down"}', 400, "invalid toxic type"),
        ('{"type":"down","stream":"x"}', 400, "stream was invalid"),
        ('{"type":"noop","name":"there"}', 409, "toxic already exists"),
        ('{"type":"noop","name":"there","attributes":{"x":1}}', 409, "toxic already exists"),
        (
            '{"type":"latency","name":"there","attributes":{"latency":"x"}}',
            409,
            "already exists",
        ),
        ('{"type":"slicer"}', 400, "average_size"),
        ('{"type":"latency","attributes":{"latency":true}}', 400, "cannot unmarshal bool"),
    ],
)
def test_wrong_toxic_is_refused_in_the_order_of_toxiproxy(text, status, told):
    with pytest.raises(Failed) as refused:
        new_toxic(parsed(text), ["there"])

    assert refused.value.status == status
    assert told in refused.value.text


def test_attribute_that_only_we_have_is_shown_where_it_says_something():
    usual, other = (
        ToxicSpec("t", "latency", "upstream", attributes={"latency": 1, "distribution": each})
        for each in ("uniform", "pareto")
    )

    assert shown_toxic(usual)["attributes"] == {"latency": 1}
    assert shown_toxic(other)["attributes"] == {"latency": 1, "distribution": "pareto"}


def test_proxy_is_shown_with_the_keys_of_toxiproxy():
    told = shown(FakeProxies("a").get("a"))

    assert list(told) == ["name", "listen", "upstream", "enabled", "Logger", "toxics"]
    assert told["Logger"] == {}


def test_new_proxies_start_with_their_toxics():
    proxies = FakeProxies()

    done, failure = put(
        proxies,
        '[{"name":"a","upstream":"h:1","listen":"x:1","toxics":[{"type":"noop"}]},'
        '{"name":"b","upstream":"h:1","enabled":false}]',
    )

    assert (done, failure) == (["a", "b"], None)
    assert [each.name for each in proxies.get("a").toxics] == ["noop_downstream"]
    assert [proxies.get(each).enabled for each in ("a", "b")] == [True, False]


def test_proxy_that_is_there_stays_as_it_is():
    proxies = FakeProxies("a")
    before = proxies.get("a")

    done, failure = put(
        proxies,
        f'[{{"name":"a","upstream":"h:1","listen":"{before.listen}","enabled":false}}]',
    )

    assert (done, failure) == (["a"], None)
    assert proxies.get("a") is before
    assert before.enabled


def test_proxy_that_moved_is_another_without_the_old_toxics():
    proxies = FakeProxies("a")
    asyncio.run(proxies.get("a").put_toxics([ToxicSpec("old", "noop", "upstream")]))

    put(proxies, '[{"name":"a","upstream":"h:2","listen":"x:1"}]')

    assert (proxies.get("a").upstream, proxies.get("a").toxics) == ("h:2", [])


def test_first_failure_ends_it_and_leaves_the_old_proxy_disabled():
    proxies = FakeProxies("a")
    asyncio.run(proxies.get("a").put_toxics([ToxicSpec("old", "noop", "upstream")]))
    proxies.taken.add("x:1")

    done, failure = put(
        proxies,
        '[{"name":"n","upstream":"h:1","listen":"x:2"},{"name":"a","upstream":"h:2","listen":"x:1"},'
        '{"name":"never","upstream":"h:1","listen":"x:3"}]',
    )

    assert done == ["n"]
    assert failure == (500, "listen tcp x:1: bind: address already in use")
    assert sorted(proxies.all()) == ["a", "n"]
    assert (proxies.get("a").upstream, proxies.get("a").enabled) == ("h:1", False)
    assert [each.name for each in proxies.get("a").toxics] == ["old"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[{"name":"a","upstream":"b"},{}]', "missing required field: name at proxy 2"),
        ('[{"name":"a"}]', "missing required field: upstream at proxy 1"),
        ('[{"name":"a","upstream":"b","toxics":[{}]}]', "invalid toxic type at proxy 1"),
        ("{}", "bad request body: json: cannot unmarshal object"),
    ],
)
def test_list_with_a_mistake_makes_nothing(text, told):
    proxies = FakeProxies()

    done, failure = put(proxies, text)

    assert done == []
    assert failure[0] == 400
    assert told in failure[1]
    assert proxies.all() == {}
