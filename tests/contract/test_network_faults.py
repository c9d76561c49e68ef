"""Every fault at a real proxy in front of a real server: it lands, clients feel it, and it leaves nothing."""

import socket

import pytest

from chaos_ext.errors import HealFailed
from chaos_ext.network.bandwidth import Bandwidth
from chaos_ext.network.cut import Cut
from chaos_ext.network.flap import Flap
from chaos_ext.network.latency import Latency
from chaos_ext.network.limit import Limit
from chaos_ext.network.reset import Reset
from chaos_ext.network.slice import Slice
from chaos_ext.network.slow_close import SlowClose
from chaos_ext.network.stall import Stall

from .proxied import PATIENCE_S, PEER, STRANGER, proxied  # noqa: F401 - a fixture

STAYING = [
    (Bandwidth, {"kb_per_s": 500}),
    (Bandwidth, {"kb_per_s": 5000, "stream": "both", "only_from": "peer"}),
    (Cut, {}),
    (Cut, {"silent": True}),
    (Flap, {"up_s": 0.3, "down_s": 0.2}),
    (Latency, {"ms": 50}),
    (Latency, {"ms": 30, "jitter_ms": 20, "distribution": "normal", "stream": "both"}),
    (Latency, {"ms": 50, "only_from": "peer"}),
    (Limit, {"after_bytes": 5000}),
    (Reset, {"every_new": True, "after_ms": 100}),
    (Slice, {}),
    (SlowClose, {"delay_ms": 100}),
    (Stall, {"percent": 20, "stall_ms": 50}),
    (Stall, {"percent": 20, "stall_ms": 50, "only_from": "peer"}),
]
staying = pytest.mark.parametrize(("kind", "settings"), STAYING)


@pytest.fixture
def way(proxied):  # noqa: F811 - the fixture above
    return proxied()


@staying
def test_fault_lands_and_leaves_nothing_when_it_is_healed(way, kind, settings):
    fault = way.made(kind, **settings)
    fault.inject()
    landed = way.landed(fault)
    in_place = fault.landed()

    fault.heal()

    assert landed
    assert in_place == landed
    assert way.healed(fault)
    assert way.undisturbed()
    assert way.ping_ms() < 1000


@staying
def test_fault_is_undone_by_a_process_that_remembers_nothing(way, kind, settings):
    crashed = way.made(kind, **settings)
    crashed.inject()
    assert way.landed(crashed)
    crashed._close()

    fault = way.made(kind, **settings)
    fault.heal()
    fault.heal()

    assert way.healed(fault)
    assert way.undisturbed()


def test_latency_is_what_a_client_feels(way):
    fault = way.made(Latency, ms=200)
    fault.inject()

    landed = way.landed(fault)

    assert landed["rtt_ms"] - landed["direct_ms"] == pytest.approx(200, abs=20)
    assert way.ping_ms() >= 200
    fault.heal()
    assert way.healed(fault)


def test_latency_of_one_peer_is_felt_by_no_other(way):
    fault = way.made(Latency, ms=400, only_from="peer")
    fault.inject()
    assert way.landed(fault)

    hit_ms, spared_ms = way.ping_ms(PEER), way.ping_ms(STRANGER)

    assert hit_ms >= 400
    assert spared_ms < 300
    fault.heal()
    assert way.healed(fault)


def test_no_look_waits_for_an_answer_that_comes_late(way):
    fault = way.made(Latency, ms=1500)

    fault.inject()

    assert way.landed(fault)
    assert way.longest_ms < 700
    fault.heal()


def test_cut_is_a_refusal_for_new_clients_and_an_end_for_old_ones(way):
    with way.client() as old:
        old.sendall(b"PING\r\n")
        assert old.recv(7)
        fault = way.made(Cut)
        fault.inject()
        landed = way.landed(fault)

        with pytest.raises(ConnectionRefusedError):
            way.client()
        assert old.recv(1) == b""

    assert landed["refused"]
    fault.heal()
    assert way.healed(fault)


def test_silent_cut_keeps_what_was_said_until_it_is_over(way):
    fault = way.made(Cut, silent=True)
    fault.inject()
    assert way.landed(fault)
    with way.client() as door:
        door.sendall(b"PING\r\n")
        door.settimeout(0.3)
        with pytest.raises(TimeoutError):
            door.recv(7)

        fault.heal()

        door.settimeout(PATIENCE_S)
        assert door.recv(7) == b"+PONG\r\n"
    assert way.healed(fault)


def test_reset_is_an_rst_for_every_connection_there_is(way):
    doors = [way.client() for _ in range(5)]
    for door in doors:
        door.sendall(b"PING\r\n")
        assert door.recv(7)
    fault = way.made(Reset)
    fault.inject()

    landed = way.landed(fault)

    assert landed == {"reset": 5, "established": "reset"}
    for door in doors:
        with door, pytest.raises(ConnectionResetError):
            door.recv(1)
    assert fault.momentary
    fault.heal()
    assert way.healed(fault)


def test_limit_ends_an_answer_in_the_middle(way):
    fault = way.made(Limit, after_bytes=10)
    fault.inject()
    assert way.landed(fault)

    with way.client() as door:
        door.sendall(b"PING\r\nPING\r\n")
        got = door.makefile("rb").read()

    assert got == b"+PONG\r\n+PO"
    fault.heal()
    assert way.healed(fault)


def test_fault_ends_before_its_time_with_its_proxy(way):
    fault = way.made(Latency, ms=20)
    fault.inject()
    assert way.landed(fault)

    way.close()

    assert fault.landed() is None
    fault.heal()
    with pytest.raises(HealFailed, match="is gone, and the service address "):
        fault.healed()


def test_fault_is_healed_while_another_is_at_the_same_proxy(way):
    fault, other = way.made(Latency, ms=20), way.under_another_lease().made(Cut)
    fault.inject()
    assert way.landed(fault)
    other.inject()
    assert way.landed(other)

    fault.heal()

    assert way.healed(fault)
    assert other.landed()
    other.heal()
    assert way.healed(other)


def test_fault_is_healed_though_the_server_is_gone(way, valkey):
    fault = way.made(Latency, ms=20)
    fault.inject()
    assert way.landed(fault)
    with socket.create_connection(way.bind) as door:
        door.sendall(b"SHUTDOWN NOSAVE\r\n")
        assert door.recv(1) == b""

    fault.heal()

    assert way.healed(fault)


def test_faults_at_two_proxies_do_not_know_of_each_other(proxied):  # noqa: F811 - the fixture
    one, two = proxied("one"), proxied("two")
    slow, cut = one.made(Latency, ms=300), two.made(Cut)
    slow.inject()
    cut.inject()
    assert one.landed(slow)
    assert two.landed(cut)

    cut.heal()

    assert two.healed(cut)
    assert two.ping_ms() < 200
    assert one.ping_ms() >= 300
    slow.heal()
    assert one.healed(slow)
