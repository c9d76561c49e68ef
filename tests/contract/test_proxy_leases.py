"""Leases of the proxy: whole or not at all, and over when their time or their owner is."""

import os
import socket
import subprocess
import sys
from dataclasses import asdict

import pytest

from chaos_ext import world
from chaos_ext.lease import identity

from .serving import PATIENCE_S, Served, accepts, gone, put, state, two_proxies

LATENCY = {"proxy": "a", "do": "toxic", "type": "latency", "stream": "both"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"))
    yield served
    assert served.close() == 0


@pytest.fixture
def proxies(api):
    """Two proxies, `a` and `b`, and nothing else."""
    return two_proxies(api)


def test_lease_puts_toxics_on_both_directions_and_takes_them_off(proxies):
    before = state(proxies)
    wanted = {
        **LATENCY,
        "attributes": {"latency": 5},
        "toxicity": 0.5,
        "sources": ["127.0.0.9"],
    }

    answer = put(proxies, "run-1", wanted)

    toxics = proxies.ask("GET", "/chaos/proxies").json["a"]["toxics"]
    assert answer.status == 201
    assert answer.json["faults"] == [wanted]
    assert 59 < answer.json["left_s"] <= 60
    assert [(each["name"], each["stream"]) for each in toxics] == [
        ("run-1-0", "upstream"),
        ("run-1-1", "downstream"),
    ]
    assert toxics[0]["lease"] == "run-1"
    assert toxics[0]["sources"] == ["127.0.0.9"]
    assert toxics[0]["attributes"] == {"latency": 5, "jitter": 0}
    assert [each["name"] for each in proxies.ask("GET", "/proxies/a/toxics").json] == [
        "run-1-0",
        "run-1-1",
    ]
    assert proxies.ask("PATCH", "/proxies/a/toxics/run-1-0", "{}").status == 409
    assert proxies.ask("DELETE", "/chaos/leases/run-1").status == 204
    assert proxies.ask("DELETE", "/chaos/leases/run-1").status == 404
    assert state(proxies) == before


def test_down_closes_the_listener_until_the_last_lease_lets_go(proxies):
    assert put(proxies, "one", {"proxy": "a", "do": "down"}).status == 201
    assert put(proxies, "two", {"proxy": "a", "do": "down"}).status == 201

    proxies.ask("DELETE", "/chaos/leases/one")

    assert state(proxies)["a"][1] == ["two"]
    assert not accepts(proxies, "a")
    proxies.ask("DELETE", "/chaos/leases/two")
    assert accepts(proxies, "a")


def test_flap_goes_down_first_and_ends_up(proxies):
    fault = {"proxy": "a", "do": "flap", "up_ms": 50, "down_ms": 50}

    assert put(proxies, "flap", fault).status == 201

    assert world.wait_until(lambda: not accepts(proxies, "a"), PATIENCE_S)
    assert world.wait_until(lambda: accepts(proxies, "a"), PATIENCE_S)
    proxies.ask("DELETE", "/chaos/leases/flap")
    assert world.wait_until(lambda: accepts(proxies, "a"), PATIENCE_S)
    assert state(proxies)["a"][1] == []


def test_proxy_of_a_lease_can_be_faulted_by_it_and_goes_with_it(proxies):
    made = {"name": "own", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}

    answer = put(proxies, "x", {**LATENCY, "proxy": "own"}, {"proxy": made, "do": "proxy"})

    assert answer.status == 201, answer.text
    assert len(proxies.ask("GET", "/proxies/own/toxics").json) == 2
    assert proxies.ask("DELETE", "/chaos/leases/x").status == 204
    assert proxies.ask("GET", "/proxies/own").status == 404


def test_lease_ends_at_its_deadline_though_nobody_asks(proxies):
    put(proxies, "short", {"proxy": "a", "do": "down"}, for_s=0.2)

    opened = world.wait_until(lambda: accepts(proxies, "a"), PATIENCE_S)

    assert opened
    assert gone(proxies, "short")


def test_renewed_lease_outlives_its_first_deadline(proxies):
    put(proxies, "kept", LATENCY, for_s=0.5)

    renewed = proxies.ask("POST", "/chaos/leases/kept/renew", {"for_s": 60})

    assert renewed.json["left_s"] > 59
    put(proxies, "clock", {"proxy": "b", "do": "down"}, for_s=0.6)
    assert gone(proxies, "clock")
    assert len(state(proxies)["a"][2]) == 2


def test_lease_ends_with_the_process_of_its_owner(proxies):
    before = state(proxies)
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    answer = put(proxies, "owned", LATENCY, owner=asdict(identity.of(owner.pid)))
    assert answer.status == 201
    assert answer.json["owner"]["pid"] == owner.pid

    owner.kill()
    ended = gone(proxies, "owned")

    owner.communicate()
    assert ended
    assert state(proxies) == before


def test_owner_that_is_gone_is_refused_and_nothing_is_done(proxies):
    before = state(proxies)
    me = asdict(identity.of(os.getpid()))

    answer = put(proxies, "late", LATENCY, owner={**me, "start": me["start"] + 1})

    assert answer.status == 409
    assert "gone" in answer.json["error"]
    assert state(proxies) == before
    assert proxies.ask("GET", "/chaos/leases").json == {}


def test_lease_is_undone_when_a_later_fault_of_it_fails(proxies):
    before = state(proxies)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        fine = {"name": "fine", "listen": "127.0.0.1:0", "upstream": "h:1"}
        made = {"name": "x", "listen": listen, "upstream": "h:1"}

        answer = put(
            proxies,
            "half",
            {"proxy": fine, "do": "proxy"},
            {"proxy": made, "do": "proxy"},
            LATENCY,
        )

    assert answer.status == 500
    assert answer.json["error"] == f"listen tcp {listen}: bind: address already in use"
    assert state(proxies) == before
    assert proxies.ask("GET", "/chaos/leases").json == {}


def test_toxic_of_somebody_else_is_never_replaced(proxies):
    proxies.ask("POST", "/proxies/a/toxics", {"type": "noop", "name": "run-2"})
    before = state(proxies)

    answer = put(
        proxies, "run", {"proxy": "b", "do": "toxic", "type": "noop", "stream": "both"}, LATENCY
    )

    assert answer.status == 409
    assert "run-" in answer.json["error"]
    assert state(proxies) == before


def test_reset_clears_leases_too(proxies):
    put(proxies, "one", {"proxy": "a", "do": "down"}, {**LATENCY, "proxy": "b"})

    answer = proxies.ask("POST", "/reset")

    assert answer.status == 204
    assert proxies.ask("GET", "/chaos/leases").json == {}
    assert state(proxies) == {"a": (True, [], []), "b": (True, [], [])}


def test_lease_stays_until_a_port_that_was_taken_is_free_again(proxies):
    host, port = proxies.ask("GET", "/proxies/a").json["listen"].split(":")
    put(proxies, "held", {"proxy": "a", "do": "down"})
    with socket.create_server((host, int(port))):
        answer = proxies.ask("DELETE", "/chaos/leases/held")

        assert answer.status == 500
        assert "address already in use" in answer.json["error"]
        assert proxies.ask("GET", "/chaos/leases/held").json["left_s"] == 0

    assert gone(proxies, "held")
    assert accepts(proxies, "a")


def test_fault_of_a_proxy_that_was_deleted_is_over(proxies):
    put(proxies, "one", LATENCY, {"proxy": "a", "do": "down"})

    proxies.ask("DELETE", "/proxies/a")

    assert proxies.ask("DELETE", "/chaos/leases/one").status == 204
