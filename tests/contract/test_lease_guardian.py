"""The guardian ends every lease: at its time, when asked, and when the run is dead."""

import signal
import subprocess
import sys

import pytest

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, GuardianGone
from chaos_ext.lease.ledger import HEALED

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
