"""Data is whole again whichever step its guardian, or whoever heals, is killed at."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import GuardianGone
from chaos_ext.lease import servers
from chaos_ext.lease.ledger import HEALED

from .labbed import PATIENCE_S, Labbed
from .leasing import HERE

KEYS = 100
SPOILING = ("asked to end", "copied", "listed", "spoiled", "compared", "started")
# Heals as `chaos heal` does, and is killed when what it was told to is called for the n-th time.
HEALER = """
import importlib, os, signal, sys
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import Ledger
module, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
where = importlib.import_module(module)
*owners, name = name.split(".")
for owner in owners:
    where = getattr(where, owner)
true = getattr(where, name)
def counted(*args, **more):
    global count
    count -= 1
    if count < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return true(*args, **more)
setattr(where, name, counted)
sys.exit(1 if sweep.sweep(Ledger()).left else 0)
"""
KEPT = "chaos_ext.data.kept"
HEALING = [
    (KEPT, "_remove_others", 0),
    (KEPT, "_copied", 0),
    (KEPT, "Kept._put", 2),
    (KEPT, "_is", 4),
    (KEPT, "files.write_json", 0),
    ("chaos_ext.lease.servers", "start", 0),
    (KEPT, "shutil.rmtree", 0),
    ("chaos_ext.lease.ledger", "Ledger.mark", 0),
]


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=":")
    monkeypatch.syspath_prepend(HERE)
    made = Labbed(tmp_path)
    for number in range(KEYS):
        made.ask("SET", f"key:{number}", number)
    yield made
    made.close()


def is_whole(rig):
    """Whether it serves all that was, its files are intact, and nothing of ours is beside them."""
    serves = world.wait_until(lambda: servers.serving(rig.server()), PATIENCE_S)
    beside = list(Path(rig.way()["folder"]).parent.glob("kept-*"))
    intact, _ = systems.files("redis").examine(rig.way(), "append_only")
    return serves and rig.ask("DBSIZE") == KEYS and intact and beside == []


def killed_before(step, guarded, lease):
    """The lease of a fault whose guardian was killed before that step of it."""
    settings = {**lease.settings, "until": step}
    lease = replace(lease, fault="data_faults", settings=settings)
    with pytest.raises(GuardianGone):
        guarded.inject(lease)
    return lease


@pytest.mark.parametrize("step", SPOILING)
def test_data_is_whole_when_the_guardian_was_killed_before_a_step(rig, step):
    guarded = rig.guardian()
    lease = killed_before(step, guarded, rig.lease("data.corrupt", kind="corrupt"))

    assert rig.heal_alone() == []

    assert is_whole(rig)
    assert rig.state(lease) == (HEALED, "swept")
    assert rig.heal_alone() == []
    assert is_whole(rig)


@pytest.mark.parametrize(("module", "name", "count"), HEALING)
def test_data_is_whole_when_whoever_healed_was_killed_and_another_heals(
    rig, module, name, count
):
    guarded = rig.guardian()
    lease = rig.lease("data.corrupt")
    guarded.inject(lease)
    rig.kill_guardian(guarded)
    first = subprocess.run(
        [sys.executable, "-c", HEALER, module, name, str(count)], check=False
    )
    assert first.returncode == -signal.SIGKILL

    assert rig.heal_alone() == []

    assert is_whole(rig)
    assert rig.state(lease) == (HEALED, "swept")
