"""What every fault at a proxy does alike: it is a lease, it is measured, and it can be undone by anybody."""

import os

import pytest

from chaos_ext.errors import BadArgument, HealFailed, TargetUnreachable
from chaos_ext.lease import identity
from chaos_ext.network.bandwidth import Bandwidth
from chaos_ext.network.cut import Cut
from chaos_ext.network.flap import Flap
from chaos_ext.network.latency import Latency
from chaos_ext.network.limit import Limit
from chaos_ext.network.reset import Reset
from chaos_ext.network.slice import Slice
from chaos_ext.network.slow_close import SlowClose
from chaos_ext.network.stall import Stall

STAYING = [
    (Bandwidth, {"kb_per_s": 1000}),
    (Cut, {}),
    (Cut, {"silent": True}),
    (Flap, {}),
    (Latency, {}),
    (Limit, {"after_bytes": 1000}),
    (Reset, {"every_new": True}),
    (Slice, {}),
    (SlowClose, {"delay_ms": 100}),
    (Stall, {}),
]
EVERY = [*STAYING, (Reset, {})]
staying = pytest.mark.parametrize(("kind", "settings"), STAYING)
every = pytest.mark.parametrize(("kind", "settings"), EVERY)


@every
def test_fault_lands_and_leaves_nothing_when_it_is_healed(rig, kind, settings):
    fault = rig.made(kind, **settings)
    fault.inject()
    landed = rig.landed(fault)

    fault.heal()

    assert landed
    assert rig.healed(fault)
    assert rig.lease is None
    assert rig.open_lines() == []


@every
def test_fault_has_not_landed_when_the_proxy_promises_and_does_nothing(rig, kind, settings):
    rig.net.lies = True
    fault = rig.made(kind, **settings)

    fault.inject()

    assert rig.until(fault.landed, 1.5) is None
    fault.heal()


@staying
def test_fault_is_one_lease_of_the_guardian_with_some_grace(rig, kind, settings):
    fault = rig.made(kind, **settings)
    fault.inject()
    assert rig.landed(fault)

    lease = rig.lease

    me = identity.of(os.getpid())
    assert lease["owner"] == {"pid": me.pid, "start": me.start, "boot": me.boot}
    assert 10 < lease["for_s"] <= 12
    assert {each["proxy"] for each in lease["faults"]} == {"redis-1"}


@staying
def test_fault_is_undone_by_a_process_that_knows_nothing_of_it(rig, kind, settings):
    crashed = rig.made(kind, **settings)
    crashed.inject()
    assert rig.landed(crashed)
    crashed._close()  # as the kernel does with a dead process's sockets

    fault = rig.made(kind, **settings)
    fault.heal()

    assert rig.healed(fault)
    assert rig.lease is None


@staying
def test_fault_is_not_in_place_any_more_when_its_lease_is_gone(rig, kind, settings):
    fault = rig.made(kind, **settings)
    fault.inject()
    assert rig.landed(fault)

    rig.net.leases.clear()

    assert fault.landed() is None


@staying
def test_fault_asks_one_question_only_while_it_is_in_place(rig, kind, settings):
    fault = rig.made(kind, **settings)
    fault.inject()
    assert rig.landed(fault)
    rig.net.asked.clear()

    assert fault.landed()

    assert rig.net.asked == [("GET", "/chaos/proxies")]


@every
def test_fault_is_refused_when_no_proxy_is_in_front_of_its_target(rig, kind, settings):
    rig.paths["redis-primary"]["proxy"] = None

    with pytest.raises(
        BadArgument, match="no proxy is in front of redis-1; start the lab anew"
    ):
        rig.made(kind, **settings)


@every
def test_fault_does_nothing_when_the_proxy_is_not_there(rig, kind, settings):
    rig.net.dead = True
    fault = rig.made(kind, **settings)

    with pytest.raises(TargetUnreachable):
        fault.inject()
    fault.heal()

    assert fault.healed()


def test_fault_is_not_healed_when_the_proxy_does_not_let_go(rig, monkeypatch):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)

    monkeypatch.setattr(rig.net, "find", lambda *_: {"left_s": 1})
    fault.heal()

    assert not rig.healed(fault)


def test_fault_is_taken_away_by_a_later_try_when_the_proxy_was_stuck(rig, monkeypatch):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)
    answers, find = iter([TargetUnreachable("stuck")] * 3), rig.net.find

    def stuck(*asked):
        for error in answers:
            raise error
        return find(*asked)

    monkeypatch.setattr(rig.net, "find", stuck)
    fault.heal()

    assert rig.healed(fault)
    assert rig.lease is None


def test_fault_says_that_the_proxy_is_stuck_when_it_stays_so(rig, monkeypatch):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)

    def stuck(*_):
        raise TargetUnreachable("is the proxy stuck?")

    monkeypatch.setattr(rig.net, "find", stuck)
    fault.heal()

    with pytest.raises(TargetUnreachable, match="is the proxy stuck"):
        rig.healed(fault)


def test_fault_is_not_healed_while_the_way_is_slow_for_no_reason_anybody_tells(rig):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)

    rig.net.base_ms = 50
    fault.heal()

    assert not rig.healed(fault)


def test_fault_is_healed_by_the_proxys_word_when_another_fault_is_in_the_way(rig):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)

    rig.net.base_ms, rig.net.others = 50, [{"name": "another"}]
    fault.heal()

    assert fault.healed()


def test_fault_is_healed_though_the_server_behind_the_proxy_is_dead(rig):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)

    rig.net.server_is_silent = True
    fault.heal()

    assert rig.healed(fault)


def test_fault_that_ended_with_its_proxy_says_who_is_missing(rig, monkeypatch):
    fault = rig.made(Latency)
    fault.inject()
    assert rig.landed(fault)
    rig.net.dead = True
    monkeypatch.setattr("chaos_ext.lease.sockets.accepts", lambda *_: False)

    in_place = fault.landed()
    fault.heal()

    assert in_place is None
    with pytest.raises(HealFailed, match="is gone, and the service address "):
        fault.healed()


def test_fault_that_was_refused_has_nothing_to_undo(rig, monkeypatch):
    def refuse(*_):
        raise BadArgument("no")

    monkeypatch.setattr(rig.net, "ask", refuse)
    fault = rig.made(Latency)
    with pytest.raises(BadArgument):
        fault.inject()
    rig.net.asked.clear()

    fault.heal()

    assert fault.healed()
    assert rig.net.asked == []
