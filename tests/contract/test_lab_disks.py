"""A lab whose data folders lead through pass-throughs, over small disks: nothing of it stays, however it ends."""

import os
import shutil
from contextlib import suppress

import pytest

from chaos_ext import world
from chaos_ext.environment import read
from chaos_ext.lab import disks, native
from chaos_ext.lease import mounts, servers, sweep
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Ledger
from chaos_ext.passthrough import client, mounting

from .labbed import PATIENCE_S, Labbed, needs_redis
from .passing import needs_mounts

SIZE_MB = 24
WANTED = {"passthrough": True, "disk_mb": SIZE_MB}


@pytest.fixture
def rig(tmp_path):
    needs_mounts()
    made = Labbed(tmp_path, replicas=1, **WANTED)
    yield made
    made.close()


def test_every_data_folder_leads_through_its_own_pass_through(rig):
    for name in ("redis-1", "redis-2"):
        disk = rig.way(name)["disk"]
        status = client.status((disk["address"][0], disk["address"][1]))

        assert status["folder"] == rig.way(name)["folder"]
        assert mounting.top(rig.lab.data(rig.lab.node(name))).source == status["mount"]
        assert status["operations"]["write"] > 0
        assert shutil.disk_usage(status["folder"]).total == SIZE_MB << 20
    assert [node.name for node in rig.lab.of_part(disks.PART)] == [
        "redis-1-disk",
        "redis-2-disk",
    ]


def test_data_is_kept_when_server_and_pass_through_are_started_again(rig):
    rig.ask("SET", "kept", "x")
    rig.ask("WAITAOF", "1", "0", "5000")

    rig.kill("redis-1")
    rig.kill("redis-1-disk")
    for name in ("redis-1-disk", "redis-1"):
        started = servers.start(rig.ledger, rig.server(name), held=False)
        serving = world.wait_until(lambda s=started: servers.serving(s), PATIENCE_S)
        assert serving, native.log_tail(rig.lab, name, 5)

    assert rig.ask("GET", "kept") == b"x"


def test_lab_with_a_dead_pass_through_is_taken_down_whole(rig):
    rig.kill("redis-1-disk")

    left = sweep.end_lab(rig.ledger, rig.lab.id, patience_s=1.0)

    assert left == []
    assert mounts.below(rig.lab.folder) == []
    assert not rig.lab.folder.exists()


def test_lab_of_a_killed_guardian_is_swept_with_its_dead_mounts(tmp_path):
    needs_mounts()
    needs_redis()
    ledger = Ledger()
    wanted = {"redis": {"replicas": 0, "sentinels": 0, **WANTED}}
    settings = read.load("native", wanted=wanted).systems["redis"]
    guarded = Guarded("run", lambda _: None, tmp_path / "log")
    lab = native.start(ledger, "redis", settings, run="run", launch=guarded.start)
    try:
        os.kill(guarded.pid, 9)
        assert guarded.gone.wait(PATIENCE_S)
        folder = lab.data(lab.node("redis-1"))
        assert world.wait_until(lambda: mounting.is_dead(folder), PATIENCE_S)

        swept = sweep.sweep(ledger)

        assert swept.left == []
        assert mounts.below(lab.folder) == []
        assert not lab.folder.exists()
    finally:
        with suppress(OSError):
            guarded.goodbye()
        sweep.end_lab(ledger, lab.id, patience_s=0.0)
        ledger.close()


def test_lab_behind_a_link_leaves_no_mount_when_it_ends(tmp_path, monkeypatch):
    needs_mounts()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path / "link" / "state"))
    rig = Labbed(tmp_path, **WANTED)

    left = sweep.end_lab(rig.ledger, rig.lab.id, patience_s=0.0)
    rig.close()

    assert left == []
    assert mounts.below(tmp_path / "real") == []
