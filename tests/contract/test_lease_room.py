"""No room under the ledger: nothing is begun, and what was begun is undone all the same."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from chaos_ext.errors import LedgerUnwritable
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import HEALED, IN_PLACE, Ledger
from chaos_ext.passthrough import syscalls

from .leasing import HERE, Rig, runs

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs: root, to mount a small disk")
BYTES = 8 << 20


class Ground:
    """A small disk, with a ledger on it."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self):
        """Leave no room at all."""
        with (self.folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(1 << 18)):
                pass

    def free(self):
        (self.folder / "filler").unlink()


@pytest.fixture
def ground(tmp_path, monkeypatch):
    state = tmp_path / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    syscalls.mount("chaos_ext", os.fsencode(state), "tmpfs", 0, f"size={BYTES},mode=0700")
    monkeypatch.setenv("CHAOS_STATE", str(state))
    yield Ground(state)
    syscalls.detach(os.fsencode(state))


@pytest.fixture
def rig(ground, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    Ledger(begins=True).close()
    made = Rig(tmp_path)
    yield made
    ground.free()
    made.close()


@NEEDS_ROOT
@pytest.mark.parametrize("fault", ["kill", "terminate", "pause"])
def test_guardian_heals_when_the_disk_of_the_ledger_fills_up_meanwhile(rig, ground, fault):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, fault)
    guarded.inject(lease)
    assert rig.state(lease)[0] == IN_PLACE

    ground.fill()
    left = guarded.heal("the run ended")

    assert left == []
    assert runs(rig.now(server))
    assert rig.state(lease)[0] == HEALED


@NEEDS_ROOT
def test_sweep_starts_a_server_again_when_the_disk_of_the_ledger_is_full(rig, ground):
    server, guarded = rig.server(), rig.guardian()
    guarded.inject(rig.lease(server, "kill"))
    rig.kill_guardian(guarded)

    ground.fill()
    swept = sweep.sweep(Ledger())

    assert swept.left == []
    assert runs(rig.now(server))


@NEEDS_ROOT
def test_guardian_begins_nothing_when_the_disk_of_the_ledger_is_full(rig, ground):
    server, guarded = rig.server(), rig.guardian()
    ground.fill()

    with pytest.raises(LedgerUnwritable, match="free space or set CHAOS_STATE"):
        guarded.inject(rig.lease(server, "kill"))

    assert rig.now(server) == server
    assert runs(server)
    assert rig.open_leases() == []


@NEEDS_ROOT
def test_nobody_begins_when_no_room_can_be_kept_for_healing(ground):
    Ledger().close()
    ground.fill()

    with pytest.raises(LedgerUnwritable, match="no room to heal by: No space left on device"):
        Ledger(begins=True)

    assert [place.name for place in Path(ground.folder).glob("*reserve*")] == []
