"""A replica that follows no more, measured by a write that does not arrive, and has caught up afterwards."""

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.lease import servers
from chaos_ext.lease.ledger import HEALED
from chaos_ext.redis.following import Replica

from .labbed import PATIENCE_S, Labbed


@pytest.fixture
def rig(tmp_path):
    made = Labbed(tmp_path, replicas=1)
    made.ask("SET", "shown", "old")
    assert world.wait_until(lambda: shown(made) == b"old", PATIENCE_S)
    yield made
    made.close()


@pytest.fixture
def stale(rig):
    """The lease of it, in place."""
    lease = rig.lease("data.stale_replica", "redis-2")
    rig.guardian().inject(lease)
    return lease


def shown(rig):
    return rig.ask("GET", "shown", name="redis-2")


def follows(rig):
    """Whether what is written now arrives, and nothing of ours is left on either."""
    rig.ask("SET", "shown", "new")
    arrived = world.wait_until(lambda: shown(rig) == b"new", PATIENCE_S)
    return arrived and not hindered(rig) and rig.ask("KEYS", "chaos_ext:*") == []


def hindered(rig):
    return Replica(rig.way("redis-2")["bind"]).hindered()


def test_replica_serves_what_was_and_catches_up_when_it_is_healed(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("data.stale_replica", "redis-2"))

    assert (landed["link"], landed["behind_bytes"] > 0) == ("down", True)
    rig.ask("SET", "shown", "new")
    assert shown(rig) == b"old"
    assert Replica(rig.way("redis-2")["bind"]).facts()["role"] == "slave"
    assert guarded.heal("the run ended") == []
    assert shown(rig) == b"new"
    assert follows(rig)
    assert guarded.heal("once more") == []


def test_replica_follows_again_from_the_ledger_alone_when_the_guardian_was_killed(rig, stale):
    rig.kill_guardian(rig.guardians[0])
    assert hindered(rig)

    assert rig.heal_alone() == []

    assert follows(rig)
    assert rig.state(stale) == (HEALED, "swept")
    assert rig.heal_alone() == []


def test_replica_that_was_told_to_write_its_configuration_down_is_rid_of_ours(rig, stale):
    rig.ask("CONFIG", "REWRITE", name="redis-2")
    conf = rig.lab.folder / "redis-2" / "server.conf"
    assert "chaos_ext-nobody" in conf.read_text()

    assert rig.guardians[0].heal("the run ended") == []

    assert "chaos_ext-nobody" not in conf.read_text()
    assert follows(rig)


def test_fault_that_ends_with_its_server_is_told_to_have_ended_early(rig, stale):
    rig.kill("redis-2")
    servers.start(rig.ledger, rig.server("redis-2"), held=False)

    assert world.wait_until(lambda: rig.told, PATIENCE_S)

    assert (rig.told[0]["early"], rig.told[0]["state"]) == (True, "healed")
    assert follows(rig)


def test_primary_is_refused(rig):
    with pytest.raises(BadArgument, match="is a primary; name a replica"):
        rig.guardian().inject(rig.lease("data.stale_replica", "redis-1"))

    assert follows(rig)
