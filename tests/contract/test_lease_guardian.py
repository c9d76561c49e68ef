"""The guardian ends every lease: at its time, when asked, and when the run is dead."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, FaultDidNotLand, GuardianGone, NotAllowed
from chaos_ext.lease import client, identity, sweep
from chaos_ext.lease import fault as faults
from chaos_ext.lease.ledger import HEALED, INTENT

from .leasing import PATIENCE_S, RUNNER, Rig, runs, still


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


def test_guardian_heals_when_the_time_of_a_lease_is_over(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause", for_s=0.3)
    guarded.inject(lease)
    assert still(server)

    assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)

    late_ms = (world.boottime_ns() - lease.deadline_ns) / 1e6
    assert rig.heard(lease)["detail"] == "deadline"
    assert not rig.heard(lease)["early"]
    assert runs(server)
    assert 0 <= late_ms < 1000


def test_guardian_tells_of_an_early_end_when_a_frozen_target_dies(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause")
    guarded.inject(lease)

    server.identity.send(signal.SIGKILL)

    assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)
    assert rig.heard(lease)["early"]
    assert rig.heard(lease)["detail"] == "ended before its time"
    assert rig.state(lease) == (HEALED, "ended before its time")


def test_guardian_tells_of_an_early_end_when_somebody_starts_the_killed_server(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)

    other = subprocess.Popen(server.spec["argv"])
    told = world.wait_until(lambda: rig.heard(lease), PATIENCE_S * 2)
    other.kill()
    other.wait()

    assert told
    assert rig.heard(lease)["early"]


def test_guardian_heals_a_second_time_without_another_change(rig):
    server, guarded = rig.server(), rig.guardian()
    guarded.inject(rig.lease(server, "kill"))

    first = guarded.heal("once")
    healed = rig.now(server)
    second = guarded.heal("twice")

    assert first == second == []
    assert rig.now(server) == healed
    assert runs(healed)
    assert healed.identity != server.identity


def test_guardian_heals_the_newest_first_when_faults_are_on_one_target(rig):
    server, guarded = rig.server(), rig.guardian()
    frozen, dead = rig.lease(server, "pause"), rig.lease(server, "kill")
    guarded.inject(frozen)
    guarded.inject(dead)

    assert guarded.heal("all") == []

    assert runs(rig.now(server))
    assert rig.open_leases() == []


def test_guardian_does_no_harm_when_the_settings_of_a_fault_are_wrong(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "kill", unknown=True)

    with pytest.raises(ChaosExtError, match=r"TypeError.*unknown"):
        guarded.inject(lease)

    assert runs(server)
    assert rig.open_leases() == []


def test_guardian_heals_within_a_second_when_its_runner_is_killed(rig):
    server = rig.server()
    rig.ledger.intend(rig.lease(server, "pause", run="its"))  # tells the runner what to ask for
    log = rig.folder / "its.log"
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(log)], stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout.readline() == "landed\n"
    assert still(server)

    runner.kill()
    back = world.wait_until(lambda: not still(server), 1.0)

    runner.communicate()
    assert back
    rows = "select state, detail from leases where id = 'one'"
    closed = world.wait_until(lambda: rig.ledger.rows(rows)[0]["state"] == HEALED, PATIENCE_S)
    assert closed
    assert rig.ledger.rows(rows)[0]["detail"] == "the runner died"


def test_runner_is_told_when_its_guardian_is_killed(rig):
    server, guarded = rig.server(), rig.guardian()
    rig.kill_guardian(guarded)

    with pytest.raises(GuardianGone, match="the guardian has ended; run: chaos heal"):
        guarded.inject(rig.lease(server, "kill"))

    assert world.wait_until(lambda: {"event": "gone"} in rig.told, PATIENCE_S)
    assert runs(server)


@pytest.fixture
def crew():
    """Threads, as the host starts them for background activities."""
    with ThreadPoolExecutor() as threads:
        yield threads


def test_guardian_lets_two_faults_land_when_both_are_asked_for_at_once(rig, crew):
    fleet = [rig.server("one", lingers_s=0.3), rig.server("two", lingers_s=0.3)]
    guarded = rig.guardian()
    leases = [rig.lease(server, "terminate") for server in fleet]

    landed = list(crew.map(guarded.inject, leases))

    assert [effect["ended"] for effect in landed] == [True, True]
    assert [server.identity.wait(0) for server in fleet] == [True, True]


def test_guardian_heals_at_once_when_asked_behind_faults_that_take_their_time(rig, crew):
    slow, other = rig.server("one", lingers_s=60), rig.server("two")
    guarded = rig.guardian()
    first, second = rig.lease(slow, "terminate"), rig.lease(other, "kill")
    landing = crew.submit(guarded.inject, first)
    assert world.wait_until(lambda: (rig.state(first) or "")[:1] == (INTENT,), PATIENCE_S)
    waiting = crew.submit(guarded.inject, second)
    assert world.wait_until(lambda: len(guarded._waiting) == 2, PATIENCE_S)

    left = guarded.heal("now", last=True)

    assert left == []
    with pytest.raises(FaultDidNotLand, match="interrupted: the run is healing"):
        landing.result(PATIENCE_S)
    with pytest.raises(NotAllowed, match="the fault was not begun: the run is "):
        waiting.result(PATIENCE_S)
    assert runs(other)
    assert runs(rig.now(slow))


def test_guardian_does_no_more_harm_after_the_last_heal(rig):
    server, guarded = rig.server(), rig.guardian()
    guarded.heal("not the last")
    guarded.inject(rig.lease(server, "pause"))

    left = guarded.heal("the run ended", last=True)

    assert left == []
    with pytest.raises(NotAllowed, match="the run is ending"):
        guarded.inject(rig.lease(server, "pause"))
    assert not still(server)


def test_guardian_does_no_more_harm_after_a_signal_has_healed(rig):
    server, guarded = rig.server(), rig.guardian()

    healed = guarded.heal_now("SIGTERM received", PATIENCE_S)

    assert healed
    with pytest.raises(NotAllowed, match="the run is ending"):
        guarded.inject(rig.lease(server, "kill"))


def test_runner_claims_no_healing_when_the_guardian_is_gone_while_it_heals(rig):
    guarded = rig.guardian()
    identity.of(guarded.pid).send(signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(guarded.heal_now, "SIGTERM received", PATIENCE_S)
        assert world.wait_until(lambda: len(guarded._waiting) == 1, PATIENCE_S)

        rig.kill_guardian(guarded)

    assert not asked.result()


def test_runner_ends_a_guardian_that_gives_no_answer_so_that_a_sweep_heals(rig, monkeypatch):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause", trace=False)
    guarded.inject(lease)
    monkeypatch.setattr(client, "HEAL_ANSWER_S_MAX", 0.2)
    identity.of(guarded.pid).send(signal.SIGSTOP)

    with pytest.raises(GuardianGone, match=r"no answer within 0\.2 s and was ended"):
        guarded.heal("now")

    assert guarded.gone.is_set()
    assert sweep.sweep(rig.ledger).left == []
    assert rig.state(lease) == (HEALED, "swept")
    assert not still(server)


def test_runner_says_goodbye_in_bounded_time_when_the_guardian_hangs(rig, monkeypatch):
    guarded = rig.guardian()
    who = identity.of(guarded.pid)
    monkeypatch.setattr(client, "HEAL_ANSWER_S_MAX", 0.2)
    who.send(signal.SIGSTOP)

    by_itself = guarded.goodbye()

    assert not by_itself
    assert who.wait(0)


def test_runner_waits_longer_for_a_heal_than_a_heal_may_take():
    assert faults.HEAL_S_MAX < client.HEAL_ANSWER_S_MAX < client.ANSWER_S_MAX


def test_guardian_ends_by_itself_when_the_run_is_over(rig):
    guarded = rig.guardian()

    assert guarded.goodbye()
    assert guarded.gone.is_set()
