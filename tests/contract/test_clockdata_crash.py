"""Clocks, keys and replicas are as before whichever step of their fault its guardian is killed at."""

from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.clock import asking
from chaos_ext.errors import GuardianGone
from chaos_ext.lab import clocks
from chaos_ext.lease.ledger import HEALED
from chaos_ext.redis.following import Replica

from .labbed import PATIENCE_S, Labbed
from .leasing import HERE

KEYS = 50


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A primary and a replica with clocks of their own, for all steps of all faults."""
    folder = tmp_path_factory.mktemp("standing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAOS_STATE", str(folder / "state"))
        patch.setenv("PYTHONPATH", str(HERE), prepend=":")
        patch.syspath_prepend(HERE)
        made = Labbed(folder, replicas=1, own_clock=True)
        for number in range(KEYS):
            made.ask("SET", f"key:{number}", number)
        yield made
        made.close()


def killed_before(rig, step, lease):
    lease = replace(lease, fault="data_faults", settings={**lease.settings, "until": step})
    with pytest.raises(GuardianGone):
        rig.guardian(step).inject(lease)
    return lease


def is_healed(rig, lease):
    """Whether healing from the ledger alone leaves nothing, twice."""
    first, second = rig.heal_alone(), rig.heal_alone()
    return first == second == [] and rig.state(lease) == (HEALED, "swept")


@pytest.mark.parametrize("step", ["kept", "deleted", "deletion measured"])
def test_every_key_is_there_when_the_guardian_was_killed(standing, step):
    lease = standing.lease("data.delete_keys", kind="delete_keys", match="key:*")
    killed_before(standing, step, lease)

    assert is_healed(standing, lease)

    assert standing.ask("DBSIZE") == KEYS
    assert list(Path(standing.way()["folder"]).parent.glob("kept-*")) == []


@pytest.mark.parametrize("step", ["set", "setting measured"])
def test_clock_is_right_when_the_guardian_was_killed(standing, step):
    lease = standing.lease("clock.jump", kind="jump", by_s=60.0)
    killed_before(standing, step, lease)

    assert is_healed(standing, lease)

    assert asking.apart(standing.way()).by(0, 0.05)
    assert Path(standing.way()["clock"]["file"]).read_text() == f"{clocks.RIGHT}\n"


@pytest.mark.parametrize("step", ["hindered", "link ended", "staleness measured"])
def test_replica_follows_when_the_guardian_was_killed(standing, step):
    lease = standing.lease("data.stale_replica", "redis-2", kind="stale")
    killed_before(standing, step, lease)

    assert is_healed(standing, lease)

    assert not Replica(standing.way("redis-2")["bind"]).hindered()
    standing.ask("SET", "key:0", step)
    shown = world.wait_until(
        lambda: standing.ask("GET", "key:0", name="redis-2") == step.encode(), PATIENCE_S
    )
    assert shown
