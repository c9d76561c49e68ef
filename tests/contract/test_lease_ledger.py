"""The intent is on disk before the harm; where it cannot be, there is no harm."""

import os
import resource
import signal
from dataclasses import replace

import pytest

from chaos_ext.errors import GuardianGone, LedgerUnwritable, TargetGone
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import HEALED, INTENT, Ledger

from .leasing import ENDS_ITS_GUARDIAN, HERE, Rig, runs, still


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.syspath_prepend(HERE)
    made = Rig(tmp_path)
    yield made
    made.close()


def test_guardian_has_written_the_intent_when_it_dies_before_the_harm(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, ENDS_ITS_GUARDIAN)

    with pytest.raises(GuardianGone, match="run: chaos heal"):
        guarded.inject(lease)

    assert rig.state(lease) == (INTENT, "")
    assert runs(server)


def test_sweep_closes_the_intent_when_the_guardian_died_before_the_harm(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, ENDS_ITS_GUARDIAN)
    with pytest.raises(GuardianGone):
        guarded.inject(lease)

    swept = sweep.sweep(rig.ledger)

    assert swept.left == []
    assert rig.state(lease) == (HEALED, "swept")
    assert rig.now(server) == server


@pytest.mark.parametrize("fault", ["pause", "kill", "terminate", "restart"])
def test_guardian_does_no_harm_when_the_ledger_cannot_be_written(rig, fault):
    server, guarded = rig.server(), rig.guardian()
    limits = resource.prlimit(guarded.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(guarded.pid, resource.RLIMIT_FSIZE, (0, limits[1]))  # as a full disk

    with pytest.raises(LedgerUnwritable, match="free space or set CHAOS_STATE"):
        guarded.inject(rig.lease(server, fault))

    resource.prlimit(guarded.pid, resource.RLIMIT_FSIZE, limits)
    assert runs(server)
    assert not still(server)
    assert rig.open_leases() == []


def test_guardian_refuses_a_target_whose_number_was_used_again(rig):
    server, guarded = rig.server(), rig.guardian()
    stranger = replace(server, identity=replace(server.identity, start=1))
    lease = rig.lease(stranger, "kill")

    with pytest.raises(TargetGone, match=f"pid {server.identity.pid}"):
        guarded.inject(lease)

    assert runs(server)
    assert rig.state(lease) is None


def test_ledger_refuses_a_folder_that_is_a_link(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path / "link"))

    with pytest.raises(LedgerUnwritable, match="belongs to somebody else; set CHAOS_STATE"):
        Ledger()

    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs: root, to give a folder away")
def test_ledger_refuses_a_folder_of_another_user(tmp_path, monkeypatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    monkeypatch.setenv("CHAOS_STATE", str(theirs))

    with pytest.raises(LedgerUnwritable, match="belongs to somebody else"):
        Ledger()

    assert list(theirs.iterdir()) == []


def test_ledger_refuses_when_its_file_is_no_ledger(tmp_path, monkeypatch):
    (tmp_path / "ledger.db").write_text("something else, and longer than a header of SQLite is")
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path))

    with pytest.raises(LedgerUnwritable, match="file is not a database"):
        Ledger()


def test_ledger_keeps_what_was_committed_when_its_writer_is_killed(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "pause", for_s=60)
    guarded.inject(lease)

    os.kill(guarded.pid, signal.SIGKILL)
    assert guarded.gone.wait(10)

    assert [kept.id for kept in Ledger().leases()] == [lease.id]
