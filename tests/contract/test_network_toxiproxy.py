"""The same faults at a real Toxiproxy, which knows no leases, no echo and no sources."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network.bandwidth import Bandwidth
from chaos_ext.network.cut import Cut
from chaos_ext.network.flap import Flap
from chaos_ext.network.latency import Latency
from chaos_ext.network.limit import Limit
from chaos_ext.network.reset import Reset
from chaos_ext.network.slice import Slice
from chaos_ext.network.slow_close import SlowClose
from chaos_ext.network.stall import Stall

from .proxied import NODE, toxiproxied  # noqa: F401 - a fixture

CAN = [
    (Bandwidth, {"kb_per_s": 500}),
    (Bandwidth, {"kb_per_s": 100, "stream": "upstream"}),
    (Cut, {}),
    (Latency, {"ms": 50}),
    (Latency, {"ms": 30, "jitter_ms": 20, "stream": "both"}),
    (Limit, {"after_bytes": 5000}),
    (Slice, {}),
    (SlowClose, {"delay_ms": 100}),
]
CANNOT = [
    (Bandwidth, {"kb_per_s": 100_000}, "answers do not come at more than 2,000 KB/s"),
    (Cut, {"silent": True}, "cannot do silence"),
    (Flap, {}, "cannot do flap"),
    (Latency, {"only_from": "peer"}, "cannot do only_from"),
    (Latency, {"jitter_ms": 5, "distribution": "normal"}, "cannot do the distribution normal"),
    (Reset, {}, "cannot do reset"),
    (Stall, {}, "cannot do stall"),
]
can = pytest.mark.parametrize(("kind", "settings"), CAN)
MINE = {"name": "mine", "type": "noop", "stream": "upstream", "toxicity": 1}


@pytest.fixture
def way(toxiproxied):  # noqa: F811 - the fixture above
    return toxiproxied()


@can
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


@can
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


@pytest.mark.parametrize(("kind", "settings", "told"), CANNOT)
def test_fault_that_it_cannot_do_is_refused_by_name(way, kind, settings, told):
    fault = way.made(kind, **settings)

    with pytest.raises(BadArgument, match=told):
        fault.inject()

    assert way.undisturbed()
    fault.heal()
    assert fault.healed()


def test_toxics_of_others_stay(way):
    way.server.ask("POST", f"/proxies/{NODE}/toxics", MINE)
    fault = way.made(Latency, ms=20)
    fault.inject()
    assert way.landed(fault)

    fault.heal()

    assert way.healed(fault)
    toxics = way.server.ask("GET", f"/proxies/{NODE}")["toxics"]
    assert [each["name"] for each in toxics] == ["mine"]


def test_proxy_that_is_disabled_already_is_not_ours_to_enable(way):
    way.server.ask("POST", f"/proxies/{NODE}", {"enabled": False})
    fault = way.made(Cut)

    with pytest.raises(BadArgument, match="disabled already; enable it first"):
        fault.inject()

    fault.heal()
    assert fault.healed()
    assert not way.server.ask("GET", f"/proxies/{NODE}")["enabled"]
