"""Every fault of a resource on a real server: seen to be there, and gone, by /proc and /sys themselves."""

import re
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, NoConductor, NotAllowed, TargetGone
from chaos_ext.lease import session
from chaos_ext.lease.ledger import HEALED
from chaos_ext.resource import actions

from .starving import (
    EVERY,
    MB,
    PARENT,
    Starved,
    asked,
    children,
    group_of,
    groups_of,
    hogs_of,
    kill,
    needs,
    number,
    resident_mb,
    traces,
)

PATIENCE_S = 10


@pytest.fixture
def rig(tmp_path):
    made = Starved(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(rig):
    """One with few connections to use up."""
    return rig.redis(maxclients=40, maxmemory=100 * MB)


@pytest.mark.parametrize(("fault", "settings"), EVERY)
def test_fault_lands_and_leaves_nothing(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    before = traces(server, lease)

    landed = guarded.inject(lease)
    meanwhile = guarded.heal("now"), guarded.heal("twice")

    assert landed["ms"] > 0
    assert meanwhile == ([], [])
    assert traces(server, lease) == before
    assert rig.state(lease)[0] == HEALED


@pytest.mark.parametrize(("fault", "settings"), EVERY)
def test_fault_says_so_when_its_target_is_gone(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    kill(server)

    with pytest.raises(TargetGone, match=r"one \(pid \d+\) is dead already"):
        guarded.inject(lease)

    assert groups_of(lease) == hogs_of(lease) == []


@pytest.mark.parametrize("face", actions.__all__)
def test_fault_does_nothing_without_a_conductor(face):
    session.end()
    wanted = {"memory": {"mb": 64}}.get(face, {})

    with pytest.raises(NoConductor, match=f"^resource.{face}: no conductor guards this run"):
        getattr(actions, face)("redis-primary", **wanted)


# -- cpu ------------------------------------------------------------------------------------


def throttled(group):
    """How often the kernel has kept the group waiting."""
    return int(re.search(r"nr_throttled (\d+)", (group / "cpu.stat").read_text())[1])


@needs("cpu")
def test_cpu_quota_keeps_a_busy_server_waiting_again_and_again(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "cpu", percent=20, by="cgroup")

    with rig.busy(server):
        landed = guarded.inject(lease)
        (group,) = groups_of(lease)
        before = throttled(group)
        assert world.wait_until(lambda: throttled(group) >= before + 5, PATIENCE_S)

        assert guarded.heal("now") == []

    assert landed["by"] == "cgroup"
    assert landed["share_percent"] == pytest.approx(20, abs=5)
    assert groups_of(lease) == []


@needs("cpu")
def test_cpu_quota_counts_children_and_lets_all_of_them_go_home(rig):
    server, guarded = rig.started("one", rig.spec(script=PARENT)), rig.guardian()
    lease = rig.starving(server, "cpu", percent=20, by="cgroup")
    home = group_of(server.identity.pid, "cpu")

    guarded.inject(lease)
    asked(server, "?")

    (group,) = groups_of(lease)
    pids = [server.identity.pid, *children(server)]
    assert len(pids) == 3
    assert set(map(int, (group / "cgroup.procs").read_text().split())) == set(pids)
    assert (group / "cpu.cfs_quota_us").read_text() == "4000\n"
    assert guarded.heal("now") == []
    assert {group_of(pid, "cpu") for pid in pids} == {home}


def test_cpu_is_refused_where_nothing_would_be_taken(rig, server):
    with pytest.raises(BadArgument, match=r"may use .* cores, so percent must be below"):
        rig.guardian().inject(rig.starving(server, "cpu", percent=6400))

    assert rig.open_leases() == []


# -- memory ---------------------------------------------------------------------------------


def test_memory_that_is_held_is_really_there(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "memory", mb=128)

    landed = guarded.inject(lease)

    (pid,) = hogs_of(lease)
    assert resident_mb(pid) == pytest.approx(128, rel=0.02)
    assert resident_mb(pid) <= 128
    assert landed["by"] == "hold"
    assert landed["held_mb"] == pytest.approx(128, rel=0.02)
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_memory_is_refused_beyond_the_reserve(rig, server):
    lease = rig.starving(server, "memory", mb=1000, limits={"reserve_memory_mb": 10_000_000})

    with pytest.raises(NotAllowed, match=r"the reserve is 10000000 MB.*reserve_memory_mb"):
        rig.guardian().inject(lease)

    assert rig.open_leases() == hogs_of(lease) == []


@needs("memory")
def test_memory_limit_ends_a_server_that_goes_beyond_and_healing_starts_it_again(rig, server):
    guarded = rig.guardian()
    lease = rig.starving(server, "memory", headroom_mb=64, by="limit")
    landed = guarded.inject(lease)
    assert landed["measured_mb"] == pytest.approx(64, rel=0.1)

    asked(server, "CONFIG SET maxmemory 0")
    asked(server, "DEBUG SLEEP 0")
    asked(server, "EVAL \"redis.call('SETRANGE', 'k', 200000000, 'x') return 1\" 0")
    assert server.identity.wait(PATIENCE_S)

    assert guarded.heal("now") == []
    again = rig.now(server)
    assert again.identity != server.identity
    assert asked(again, "PING") == "+PONG\r\n"
    assert groups_of(lease) == []


def test_memory_of_the_server_itself_is_limited_and_given_back(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "memory", headroom_mb=5)

    landed = guarded.inject(lease)

    lowered = number(server, "CONFIG GET maxmemory")
    assert landed["by"] == "server"
    assert lowered < 20 * MB
    assert "OOM" in asked(server, "SETRANGE", "k", lowered, "x") + asked(server, "SET a b")
    guarded.heal("now")
    assert number(server, "CONFIG GET maxmemory") == 100 * MB


def test_memory_of_the_server_is_refused_when_it_wants_a_password(rig):
    server = rig.redis(alive=None, requirepass="secret")

    with pytest.raises(NotAllowed, match="passwords are not given to the guardian"):
        rig.guardian().inject(rig.starving(server, "memory", headroom_mb=5))
