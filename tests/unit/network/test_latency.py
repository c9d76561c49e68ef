"""Latency has landed when the way through the proxy takes as much longer as was asked for."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network.latency import Latency
from chaos_ext.network.loss import Loss


def asked(rig):
    return rig.lease["faults"][0]


def test_latency_tells_both_ways_when_it_lands(rig):
    fault = rig.made(Latency, ms=100)

    fault.inject()

    landed = rig.landed(fault)
    assert landed["asked_ms"] == 100
    assert 100 <= landed["rtt_ms"] - landed["direct_ms"] <= 102
    assert asked(rig)["attributes"] == {"latency": 100, "jitter": 0}


def test_latency_in_both_directions_is_felt_twice(rig):
    fault = rig.made(Latency, ms=40, stream="both")

    fault.inject()

    assert rig.landed(fault)["asked_ms"] == 80
    assert asked(rig)["stream"] == "both"


def test_latency_with_jitter_is_the_middle_of_several(rig):
    fault = rig.made(Latency, ms=40, jitter_ms=20, distribution="normal")

    fault.inject()

    assert 20 <= rig.landed(fault)["rtt_ms"] <= 60
    assert asked(rig)["attributes"]["distribution"] == "normal"
    assert len(rig.net.lines) > 5


@pytest.mark.parametrize("other_ms", [20, 40])
def test_latency_has_not_landed_when_it_is_another(rig, other_ms):
    rig.net.twist = {"latency": other_ms}
    fault = rig.made(Latency, ms=30)

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()


def test_latency_has_not_landed_when_the_server_itself_is_slow(rig):
    rig.net.lies, rig.net.base_ms = True, 100
    fault = rig.made(Latency, ms=100)

    fault.inject()

    assert rig.until(fault.landed, 1) is None
    fault.heal()


def test_latency_lands_on_one_peer_while_others_are_spared(rig):
    fault = rig.made(Latency, only_from="redis-2")

    fault.inject()

    assert rig.landed(fault)
    assert asked(rig)["sources"] == ["127.70.1.12"]
    assert {line.source for line in rig.net.lines} == {"127.70.1.12", ""}


@pytest.mark.parametrize("said", [{"ms": 2}, {"ms": 100, "jitter_ms": 100}])
def test_latency_has_not_landed_when_what_was_asked_is_near_to_nothing(rig, said):
    rig.net.lies = True
    fault = rig.made(Latency, **said)

    fault.inject()

    assert rig.until(fault.landed, 2) is None
    fault.heal()


@pytest.mark.parametrize(("kind", "said"), [(Latency, {}), (Loss, {"percent": 5})])
def test_fault_is_refused_when_its_peer_is_the_target_itself(rig, kind, said):
    rig.paths["redis-a"] = rig.paths["redis-primary"]  # a role that is another's by now

    with pytest.raises(BadArgument, match="redis-a is redis-1, as redis-primary is; name anot"):
        rig.made(kind, only_from="redis-a", **said)


def test_latency_has_not_landed_on_one_peer_while_all_are_slow(rig):
    rig.net.twist = {"sources": []}
    fault = rig.made(Latency, only_from="redis-2")

    fault.inject()

    assert rig.until(fault.landed, 2) is None
    fault.heal()


def test_latency_is_measured_at_the_echo_when_nobody_knows_a_question(rig):
    rig.paths["redis-primary"]["alive"] = None
    fault = rig.made(Latency)

    fault.inject()

    assert rig.landed(fault)["direct_ms"] == 0
    echo = ("POST", "/chaos/proxies/redis-1/echo", {"from": ["127.0.0.1", 40_000]})
    assert echo in rig.net.asked


def test_latency_may_take_longer_to_land_when_it_is_longer(rig):
    short, long = rig.made(Latency, ms=1), rig.made(Latency, ms=10_000, stream="both")

    times = short.lands_within_s, long.lands_within_s

    assert times == (pytest.approx(5.003), pytest.approx(65))
