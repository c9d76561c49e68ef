"""Resolvers as a file and as leases ask for them, and what is wrong with what they ask."""

import asyncio
import json

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.experiment.strict import Reader
from chaos_ext.proxy import config
from chaos_ext.proxy.dns import resolving
from chaos_ext.proxy.dns.resolving import Spec
from chaos_ext.proxy.faults import Faults

NAME = "redis-1.redis.chaos.test"
LAB = {"name": "lab", "listen": "127.9.0.251:5353", "records": {NAME: "127.9.0.1"}}


class Resolver:
    """Remembers what it was told."""

    name, address, records = "lab", ("127.9.0.251", 5353), {NAME: "127.9.0.1"}

    def __init__(self):
        self.held = {}

    def hold(self, lease, *what):
        self.held[lease] = what

    def let_go(self, lease):
        self.held.pop(lease, None)


class Proxies:
    def all(self):
        return {}


def file(tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(content))
    return path


def test_file_names_resolvers_beside_proxies(tmp_path):
    proxy = {"name": "redis-1", "listen": "127.9.0.101:1", "upstream": "127.9.0.1:1"}
    path = file(tmp_path, {"proxies": [proxy], "resolvers": [LAB]})

    proxies, resolvers = config.read(path), resolving.read(path)

    assert [each.name for each in proxies] == ["redis-1"]
    assert resolvers == [Spec("lab", "127.9.0.251:5353", {NAME: "127.9.0.1"})]


@pytest.mark.parametrize("content", [[], {}, {"proxies": []}, {"resolvers": []}])
def test_file_need_not_name_any(tmp_path, content):
    path = file(tmp_path, content)

    assert config.read(path) == []
    assert resolving.read(path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"resolver": []}, "resolver of the file is not a known key (did you mean resolvers?)"),
        ({"resolvers": [{**LAB, "port": 1}]}, "resolvers[0].port is not a known key"),
        (
            {"resolvers": [LAB, LAB]},
            "resolvers[1].name is 'lab', and there is one of that name",
        ),
        ({"resolvers": [{**LAB, "records": {NAME: "x"}}]}, "must be an IPv4 address, not 'x'"),
        ({"resolvers": [{"name": "lab"}]}, "resolvers[0].listen is missing"),
        ({"resolvers": LAB}, "resolvers must be a list, not a mapping"),
    ],
)
def test_file_with_a_mistake_is_refused_in_one_line(tmp_path, content, said):
    path = file(tmp_path, content)

    with pytest.raises(BadArgument) as refused:
        _ = config.read(path), resolving.read(path)

    assert said in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_lease_holds_a_resolver_and_lets_it_go():
    resolver, problems = Resolver(), []
    said = {"resolver": "lab", "do": "dns", "how": "delay", "delay_ms": 20, "names": [NAME]}

    (fault,) = Faults(Proxies(), "one", problems, {"lab": resolver}).read([said])
    asyncio.run(fault.do(Proxies(), "one"))
    held = dict(resolver.held)
    asyncio.run(fault.undo(Proxies(), "one"))
    asyncio.run(fault.undo(Proxies(), "one"))

    assert problems == []
    assert fault.proxy == "resolver lab"
    assert held == {"one": ("delay", (NAME,), 20, "")}
    assert resolver.held == {}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"resolver": "lob"}, "resolver is 'lob', and there is none (did you mean lab?)"),
        ({"resolver": ""}, "resolver must be text that is not empty, not ''"),
        ({"how": "late"}, "how is 'late'"),
        ({"how": "wrong"}, "answer must be an IPv4 address, not ''"),
        ({"how": "wrong", "answer": "::1"}, "answer must be an IPv4 address, not '::1'"),
        ({"how": "delay"}, "delay_ms is missing: it must be a whole number from 1 to 86400000"),
        ({"how": "delay", "delay_ms": 0}, "delay_ms must be a whole number from 1 to 86400000"),
        ({"names": NAME}, "names must be a list, not"),
    ],
)
def test_fault_with_a_mistake_is_no_fault(changed, problem):
    said = {"resolver": "lab", "do": "dns", "how": "fail", **changed}
    problems = []

    fault = resolving.misled(Reader(said, "", resolving.KEYS, problems), {"lab": Resolver()})

    assert fault is None
    assert any(each.startswith(problem) for each in problems), problems


def test_resolver_is_told_with_what_holds_it():
    resolver = Resolver()
    resolver.hold("one", "fail")

    told = resolving.told(resolver)

    assert told == {
        "listen": "127.9.0.251:5353",
        "records": {NAME: "127.9.0.1"},
        "held_by": ["one"],
    }
