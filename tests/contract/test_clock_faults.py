"""Clocks that are set wrong, on a real server: measured by its own answer, and right again afterwards."""

import os
import signal
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.clock import asking
from chaos_ext.errors import NotAllowed
from chaos_ext.lab import clocks
from chaos_ext.lease import servers, shared_memory, sweep
from chaos_ext.lease.ledger import HEALED

from .labbed import PATIENCE_S, Labbed

JUMPS = (60.0, -3600.0)


@pytest.fixture
def rig(tmp_path):
    made = Labbed(tmp_path, own_clock=True)
    yield made
    made.close()


def ahead_s(rig, name="redis-1"):
    return asking.apart(rig.way(name)).ahead_s


def is_right(rig, name="redis-1"):
    said = Path(rig.way(name)["clock"]["file"]).read_text().strip()
    return said == clocks.RIGHT and asking.apart(rig.way(name)).by(0, 0.05)


@pytest.mark.parametrize("by_s", JUMPS)
def test_jump_sets_one_clock_and_healing_sets_it_right(rig, by_s):
    guarded = rig.guardian()
    lease = rig.lease("clock.jump", by_s=by_s)

    landed = guarded.inject(lease)

    assert landed["ahead_s"] == pytest.approx(by_s, abs=0.05 + landed["give_or_take_s"])
    assert asking.apart(rig.way()).by(by_s, 0.05)
    assert guarded.heal("the run ended") == []
    assert is_right(rig)
    assert guarded.heal("once more") == []


@pytest.mark.parametrize("ms_per_s", [200.0, -200.0])
def test_skew_gains_from_the_moment_it_begins_whenever_the_server_was_started(rig, ms_per_s):
    guarded = rig.guardian()
    lease = rig.lease("clock.skew", ms_per_s=ms_per_s)
    asked_s = asking.now_s()

    landed = guarded.inject(lease)

    landed_s = asking.now_s()  # it began somewhere in between
    assert landed["ahead_s"] * ms_per_s > 0
    assert world.wait_until(lambda: abs(ahead_s(rig)) > 0.2, PATIENCE_S)
    now = asking.apart(rig.way())
    gained_s, wrong_by_s = now.ahead_s / ms_per_s * 1e3, now.give_or_take_s / 0.2
    assert now.at_s - landed_s <= gained_s + wrong_by_s
    assert gained_s - wrong_by_s <= now.at_s - asked_s
    assert guarded.heal("the run ended") == []
    assert is_right(rig)


def test_jump_is_healed_by_another_process_when_its_guardian_was_killed(rig):
    guarded = rig.guardian()
    lease = rig.lease("clock.jump", by_s=60.0)
    guarded.inject(lease)
    rig.kill_guardian(guarded)
    assert ahead_s(rig) > 50

    left = rig.heal_alone()

    assert left == []
    assert is_right(rig)
    assert rig.state(lease) == (HEALED, "swept")
    assert rig.heal_alone() == []


def test_jump_is_healed_when_its_server_is_dead_and_the_server_comes_back_right(rig):
    guarded = rig.guardian()
    lease = rig.lease("clock.jump", by_s=60.0)
    guarded.inject(lease)
    rig.kill()

    assert guarded.heal("the run ended") == []

    started = servers.start(rig.ledger, rig.server(), held=False)
    assert world.wait_until(lambda: servers.serving(started), PATIENCE_S)
    assert is_right(rig)


@pytest.mark.parametrize(
    ("fault", "said"), [("jump", {"by_s": 60.0}), ("skew", {"ms_per_s": 500.0})]
)
def test_clock_stays_wrong_when_its_server_is_killed_and_started_again(rig, fault, said):
    guarded = rig.guardian()
    lease = rig.lease(f"clock.{fault}", **said)
    guarded.inject(lease)
    guarded.inject(rig.lease("process.kill", for_s=0.5))

    assert world.wait_until(lambda: servers.serving(rig.server()), PATIENCE_S)

    assert world.wait_until(lambda: ahead_s(rig) > 0.3, PATIENCE_S)
    assert not [told for told in rig.told if told.get("early")]
    assert guarded.heal("the run ended") == []
    assert is_right(rig)


def test_jump_is_healed_while_its_server_stands_still_and_is_seen_right_when_it_goes_on(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("clock.jump", by_s=60.0))
    os.kill(rig.server().identity.pid, signal.SIGSTOP)

    left = guarded.heal("the run ended")

    os.kill(rig.server().identity.pid, signal.SIGCONT)
    assert left == []
    assert is_right(rig)


def test_clock_that_is_set_already_is_refused_and_stays_as_it_is(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("clock.jump", by_s=60.0))

    with pytest.raises(NotAllowed, match=r"set to '\+60\.000000 x1' already"):
        guarded.inject(rig.lease("clock.jump", by_s=5.0))

    assert asking.apart(rig.way()).by(60, 0.05)


def test_fault_that_somebody_undoes_is_told_to_have_ended_early(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("clock.jump", by_s=60.0))

    Path(rig.way()["clock"]["file"]).write_text(f"{clocks.RIGHT}\n")

    assert world.wait_until(lambda: rig.told, PATIENCE_S)
    assert rig.told[0]["early"]


def test_nothing_that_a_lab_shares_is_left_when_its_servers_were_killed(rig):
    named = shared_memory.name(rig.lab.id, "redis-1")
    assert {each.name for each in shared_memory.PLACE.glob(f"*{named}")} == {
        named,
        f"sem.{named}",
    }
    pid = rig.server().identity.pid
    rig.kill()

    sweep.end_lab(rig.ledger, rig.lab.id, patience_s=0.0)

    assert list(shared_memory.PLACE.glob(f"*{rig.lab.id}*")) == []
    assert list(shared_memory.PLACE.glob(f"*faketime*_{pid}")) == []
