"""A lease is done whole or not at all, and undone whoever forgets it."""

import asyncio
import os

import pytest

from chaos_ext import world
from chaos_ext.errors import HealFailed, TargetGone
from chaos_ext.lease import identity
from chaos_ext.proxy.faults import Down, Faults, Flap, Made
from chaos_ext.proxy.leases import Leases

from .fakes import FakeProxies, until

NOOP = {"proxy": "a", "do": "toxic", "type": "noop", "stream": "both"}
S = 1_000_000_000


class Rig:
    """Leases over two proxies, on a loop."""

    def __init__(self):
        self.proxies = FakeProxies("a", "bb")
        self.lock = asyncio.Lock()
        self.leases = Leases(self.proxies, self.lock)

    async def put(self, *said, name="run", for_s=60.0, owner=None):
        problems = []
        faults = Faults(self.proxies, name, problems).read(said)
        assert problems == []
        async with self.lock:
            return await self.leases.put(name, list(said), faults, for_s, owner)

    async def until_gone(self):
        await until(lambda: not self.leases.all())


def run(scene):
    async def whole():
        rig = Rig()
        try:
            return await scene(rig)
        finally:
            rig.leases.close()

    return asyncio.run(whole())


def test_lease_does_everything_and_ends_with_everything_undone():
    async def scene(rig):
        made = {"name": "own", "listen": "x:1", "upstream": "h:1"}
        flap = {"proxy": "bb", "do": "flap", "up_ms": 500, "down_ms": 250}
        lease = await rig.put(
            NOOP, flap, {"proxy": "bb", "do": "down"}, {"proxy": made, "do": "proxy"}
        )
        a, bb = rig.proxies.get("a"), rig.proxies.get("bb")
        assert [each.name for each in a.toxics] == ["run-0", "run-1"]
        assert ("flap", "run", 0.5, 0.25) in bb.did
        assert bb.held == {"run"}
        assert rig.proxies.get("own").enabled
        await rig.leases.end(lease)
        assert (a.toxics, bb.held, rig.proxies.get("own")) == ([], set(), None)
        assert ("end flap", "run") in bb.did
        assert rig.leases.all() == {}

    run(scene)


def test_toxics_of_a_proxy_come_and_go_in_one_stroke():
    async def scene(rig):
        lease = await rig.put(NOOP, {**NOOP, "stream": "upstream"})
        await rig.leases.end(lease)
        return rig.proxies.get("a").did

    assert run(scene) == [(["run-0", "run-1", "run-2"], []), ([], ["run-0", "run-1", "run-2"])]


def test_what_was_begun_is_undone_when_a_later_fault_fails():
    async def scene(rig):
        rig.proxies.taken.add("x:9")
        made = {"name": "own", "listen": "x:9", "upstream": "h:1"}
        fine = {"name": "fine", "listen": "x:8", "upstream": "h:1"}
        with pytest.raises(Exception, match="already in use"):
            await rig.put({"proxy": fine, "do": "proxy"}, {"proxy": made, "do": "proxy"}, NOOP)
        return sorted(rig.proxies.all()), rig.proxies.get("a").did, rig.leases.all()

    assert run(scene) == (["a", "bb"], [], {})


def test_lease_ends_by_itself_at_its_deadline():
    async def scene(rig):
        await rig.put(NOOP, for_s=0.01)
        await rig.until_gone()
        return rig.proxies.get("a").toxics

    assert run(scene) == []


def test_lease_that_is_renewed_has_its_time_from_now():
    async def scene(rig):
        lease = await rig.put(NOOP, for_s=0.01)
        rig.leases.renew(lease, 50)
        await rig.put({"proxy": "bb", "do": "down"}, name="other", for_s=0.01)
        await until(lambda: "other" not in rig.leases.all())
        return lease.left_s()

    assert 49 < run(scene) <= 50


def test_deadline_is_on_the_clock_that_goes_on_in_suspend(monkeypatch):
    async def scene(rig):
        lease = await rig.put(NOOP, for_s=1000)
        now = world.boottime_ns()
        monkeypatch.setattr(world, "boottime_ns", lambda: now + 2000 * S)
        assert lease.left_s() == 0
        rig.leases._look()
        await rig.until_gone()
        return rig.proxies.get("a").toxics

    assert run(scene) == []


def test_owner_that_has_ended_is_refused_before_anything_is_done():
    async def scene(rig):
        me = identity.of(os.getpid())
        gone = identity.Identity(me.pid, me.start + 1, me.boot)
        with pytest.raises(TargetGone):
            await rig.put(NOOP, owner=gone)
        return rig.proxies.get("a").did, rig.leases.all()

    assert run(scene) == ([], {})


def test_owner_is_watched_as_long_as_the_lease_lasts_and_no_longer():
    async def scene(rig):
        lease = await rig.put(NOOP, owner=identity.of(os.getpid()))
        watched = lease.fd
        os.fstat(watched)
        await rig.leases.end(lease)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(watched)
        return lease.fd

    assert run(scene) == -1


def test_lease_that_cannot_be_undone_stays_and_is_tried_again(monkeypatch):
    monkeypatch.setattr("chaos_ext.proxy.leases.RETRY_S", 0.01)

    async def scene(rig):
        a = rig.proxies.get("a")
        lease = await rig.put({"proxy": "a", "do": "down"}, NOOP)
        a.enabled = False
        rig.proxies.taken.add(a.listen)
        async with rig.lock:
            with pytest.raises(HealFailed, match="already in use"):
                await rig.leases.end(lease)
        assert rig.leases.all() == {"run": lease}
        assert a.toxics == [], "what could be undone was"
        rig.proxies.taken.clear()
        await rig.until_gone()
        return a.enabled

    assert run(scene)


def test_end_of_all_goes_on_after_what_failed():
    async def scene(rig):
        await rig.put({"proxy": "a", "do": "down"}, name="one")
        await rig.put({**NOOP, "proxy": "bb"}, name="two")
        rig.proxies.taken.add(rig.proxies.get("a").listen)
        with pytest.raises(HealFailed, match="lease one"):
            await rig.leases.end_all()
        return list(rig.leases.all()), rig.proxies.get("bb").toxics

    assert run(scene) == (["one"], [])


@pytest.mark.parametrize(
    "fault", [Down("gone"), Flap("gone", 1, 1), Made("gone", "x:1", "h:1")]
)
def test_fault_of_a_proxy_that_is_gone_is_undone(fault):
    asyncio.run(fault.undo(FakeProxies("a"), "run"))


def test_proxy_that_took_the_name_of_a_leased_one_stays():
    async def scene(rig):
        made = {"name": "own", "listen": "x:1", "upstream": "h:1"}
        lease = await rig.put({"proxy": made, "do": "proxy"})
        await rig.proxies.remove("own")
        other = await rig.proxies.add("own", "x:2", "h:2", start=True)
        await rig.leases.end(lease)
        return rig.proxies.get("own") is other

    assert run(scene)
