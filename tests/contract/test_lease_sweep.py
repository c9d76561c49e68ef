"""What dead guardians leave is swept: alone, twice, and whatever the fault was."""

import signal
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.lease import ending, servers, sweep
from chaos_ext.lease.ledger import HEALED, Server

from .leasing import BOOT_OF_OLD, PATIENCE_S, Rig, runs, still


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


def left_by_a_dead_guardian(rig, fault, **settings):
    """A server with *fault* in place, and nobody who holds it."""
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, fault, **settings)
    guarded.inject(lease)
    rig.kill_guardian(guarded)
    return server, lease


def test_kernel_frees_a_traced_target_at_once_when_the_guardian_is_killed(rig):
    server, lease = left_by_a_dead_guardian(rig, "pause")

    free = world.wait_until(lambda: not still(server), 1.0, every_s=0.001)

    assert free
    assert runs(server)
    assert sweep.sweep(rig.ledger).left == []
    assert rig.state(lease) == (HEALED, "swept")


def test_sweep_wakes_a_stopped_target_when_no_tracer_held_it(rig):
    server, lease = left_by_a_dead_guardian(rig, "pause", trace=False)
    assert still(server)

    swept = sweep.sweep(rig.ledger)

    assert (swept.healed, swept.left) == (["pause on one (run run)"], [])
    assert not still(server)
    assert runs(server)
    assert rig.state(lease) == (HEALED, "swept")


@pytest.mark.parametrize("fault", ["kill", "terminate"])
def test_sweep_starts_a_server_again_once_and_not_twice(rig, fault):
    server, lease = left_by_a_dead_guardian(rig, fault)
    assert not runs(server)

    first = sweep.sweep(rig.ledger)
    again = rig.now(server)
    second = sweep.sweep(rig.ledger)

    assert (first.left, second.healed, second.left) == ([], [], [])
    assert runs(again)
    assert rig.now(server) == again
    assert rig.state(lease) == (HEALED, "swept")


@pytest.mark.parametrize("fault", ["terminate", "restart"])
def test_sweep_does_not_take_a_server_for_healthy_that_is_about_to_end(rig, fault):
    server = rig.server(lingers_s=0.3)
    lease = rig.lease(server, fault)
    rig.ledger.intend(lease)
    server.identity.send(signal.SIGTERM)  # and the guardian dies before it has seen the effect

    swept = sweep.sweep(rig.ledger)

    assert swept.left == []
    assert server.identity.wait(0)
    assert runs(rig.now(server))


def test_sweep_ends_the_lab_of_a_dead_run_that_ended_with_its_guardian(rig):
    folder, guarded = rig.lab("itslab", owner="run", run="run"), rig.guardian()
    plain = Server("itslab/one", "itslab", "one", rig.spec(), None)
    guarded.start({"key": plain.key, "lab": plain.lab, "node": plain.node, "spec": plain.spec})
    server = rig.now(plain)
    assert world.wait_until(lambda: servers.serving(server), PATIENCE_S)

    rig.kill_guardian(guarded)
    ended = server.identity.wait(PATIENCE_S)
    swept = sweep.sweep(rig.ledger)

    assert ended
    assert swept.healed == ["lab itslab of run run"]
    assert not folder.exists()
    assert rig.ledger.servers("itslab") == []


def test_sweep_starts_nothing_of_a_lab_that_ends(rig):
    rig.lab("itslab", owner="run", run="run")
    server, guarded = rig.server(lab="itslab"), rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)
    rig.kill_guardian(guarded)

    sweep.sweep(rig.ledger)

    assert rig.state(lease) == (HEALED, "swept: its lab ends with it")
    assert rig.now(server) is None


def test_sweep_gives_a_standing_lab_back_when_its_run_is_dead(rig):
    server = rig.server()
    rig.ledger.change("insert into runs values ('dead','','','running','','',1,1,'no boot')")
    rig.ledger.change("update labs set used_by = 'dead' where id = 'toy'")

    sweep.sweep(rig.ledger)

    assert rig.ledger.rows("select used_by from labs")[0]["used_by"] == ""
    assert rig.ledger.rows("select state from runs")[0]["state"] == "ended"
    assert runs(server)


def test_sweep_leaves_a_fault_alone_while_its_guardian_lives(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause")
    guarded.inject(lease)

    swept = sweep.sweep(rig.ledger)

    assert (swept.healed, swept.left) == ([], [])
    assert still(server)
    assert rig.state(lease)[0] == "in_place"


@pytest.mark.parametrize("fault", ["pause", "kill", "terminate", "restart"])
def test_sweep_touches_nobody_when_the_machine_was_started_anew(rig, fault):
    """The number of the old target is another's by now: here, that of the same server."""
    server = rig.server()
    before = replace(server, identity=replace(server.identity, boot=BOOT_OF_OLD))
    rig.ledger.intend(rig.lease(before, fault))

    swept = sweep.sweep(rig.ledger)

    assert swept.left == []
    assert rig.open_leases() == []
    assert rig.now(server) == server
    assert runs(server)


def test_sweep_ends_a_standing_lab_that_ended_with_the_machine(rig, monkeypatch):
    folder = rig.lab("oldlab", owner="standing")
    server = rig.server(lab="oldlab")
    lease = rig.lease(server, "kill")
    rig.ledger.intend(lease)
    server.identity.send(signal.SIGKILL)
    assert server.identity.wait(PATIENCE_S)

    monkeypatch.setenv("CHAOS_EXT_BOOT_ID", "the-next-boot")
    swept = sweep.sweep(rig.ledger)

    assert swept.left == []
    assert not folder.exists()
    assert rig.now(server) is None
    assert "started anew" in rig.state(lease)[1]


def test_heal_everything_frees_what_a_hanging_guardian_holds(rig, monkeypatch):
    monkeypatch.setattr(ending, "HEAL_S_MAX", -7.5)  # half a second of patience
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause")
    guarded.inject(lease)
    signalled = sweep.guardians(rig.ledger)["run"]
    signalled.send(signal.SIGSTOP)

    swept = ending.heal_everything(rig.ledger)

    assert swept.left == []
    assert world.wait_until(lambda: not still(server), 1.0)
    assert rig.state(lease)[0] == HEALED


def test_sweep_says_what_is_left_when_a_server_cannot_be_started_again(rig):
    server = rig.server()
    nobody_knows = replace(server, spec={})
    rig.ledger.put_server(nobody_knows)
    lease = rig.lease(server, "kill")
    rig.ledger.intend(lease)
    server.identity.send(signal.SIGKILL)
    assert server.identity.wait(PATIENCE_S)

    swept = sweep.sweep(rig.ledger)

    assert len(swept.left) == 1
    assert "nobody told how to start one again" in swept.left[0]
    assert rig.state(lease)[0] == "unhealed"
