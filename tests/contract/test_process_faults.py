"""Every fault of a process: it lands, it is healed, and the three ways in which it does nothing."""

import signal

import pytest

from chaos_ext.errors import NoConductor, TargetGone
from chaos_ext.lease import session
from chaos_ext.lease.ledger import HEALED
from chaos_ext.process import actions, probes

from .leasing import Rig, runs, still

FAULTS = pytest.mark.parametrize("fault", ["kill", "pause", "restart", "terminate"])
ENDS = pytest.mark.parametrize("fault", ["kill", "restart", "terminate"])


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


@FAULTS
def test_fault_says_so_when_its_target_is_gone(rig, fault):
    server, guarded = rig.server(), rig.guardian()
    server.identity.send(signal.SIGKILL)
    assert server.identity.wait(10)

    with pytest.raises(TargetGone, match=r"one \(pid \d+\) is dead already"):
        guarded.inject(rig.lease(server, fault))

    assert rig.ledger.rows("select * from leases") == []
    assert rig.now(server) == server


@FAULTS
def test_fault_changes_nothing_more_when_it_is_healed_twice(rig, fault):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, fault)
    guarded.inject(lease)

    first, healed = guarded.heal("once"), rig.now(server)
    second = guarded.heal("twice")

    assert first == second == []
    assert rig.now(server) == healed
    assert runs(healed)
    assert not still(healed)
    assert rig.state(lease)[0] == HEALED


@pytest.mark.parametrize("face", actions.__all__)
def test_fault_does_nothing_without_a_conductor(face):
    session.end()

    with pytest.raises(NoConductor, match=f"^process.{face}: no conductor guards this run"):
        getattr(actions, face)("redis-primary")


@pytest.mark.parametrize("face", probes.__all__)
def test_question_has_no_answer_without_a_conductor(face):
    session.end()

    with pytest.raises(NoConductor, match=f"^process.{face}: no conductor guards this run"):
        getattr(probes, face)("redis-1")


@ENDS
def test_fault_ends_the_very_process(rig, fault):
    server, guarded = rig.server(), rig.guardian()

    landed = guarded.inject(rig.lease(server, fault))

    assert server.identity.wait(0)
    assert landed["ms"] > 0
    assert runs(rig.now(server)) == (fault == "restart")


@ENDS
def test_fault_is_healed_with_the_same_address(rig, fault):
    server, guarded = rig.server(), rig.guardian()
    guarded.inject(rig.lease(server, fault))

    guarded.heal("now")

    again = rig.now(server)
    assert again.spec == server.spec
    assert again.identity != server.identity
    assert runs(again)


@pytest.mark.parametrize(("trace", "held_by"), [(True, "ptrace"), (False, "SIGSTOP")])
def test_pause_holds_every_thread_still_and_lets_it_go(rig, trace, held_by):
    server, guarded = rig.server(), rig.guardian()

    landed = guarded.inject(rig.lease(server, "pause", trace=trace))

    assert landed["held_by"] == held_by
    assert landed["threads"] == len(server.identity.states())
    assert still(server)
    assert guarded.heal("now") == []
    assert runs(server)
    assert not still(server)


def test_terminate_waits_for_a_server_that_serves_on(rig):
    server, guarded = rig.server(lingers_s=0.3), rig.guardian()

    landed = guarded.inject(rig.lease(server, "terminate"))

    assert server.identity.wait(0)
    assert landed["ms"] >= 250


def test_kill_does_not_land_on_a_server_that_is_another_process_by_then(rig):
    server, guarded = rig.server(), rig.guardian()
    guarded.inject(rig.lease(server, "kill"))
    guarded.heal("now")

    with pytest.raises(TargetGone, match="is dead already"):
        guarded.inject(rig.lease(server, "kill"))

    assert runs(rig.now(server))
