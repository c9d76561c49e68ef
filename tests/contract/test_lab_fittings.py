"""A lab with small disks: they are there while it stands, and nothing of them stays."""

import os
import shutil

import pytest

from chaos_ext.environment import read
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries, native
from chaos_ext.lease import mounts, sweep
from chaos_ext.lease.ledger import Ledger
from chaos_ext.redis.lab import BINARY

MB = 1 << 20
SIZE_MB = 24


@pytest.fixture
def ledger():
    with_its_end = Ledger()
    yield with_its_end
    with_its_end.close()


@pytest.fixture
def small(ledger):
    """A standing lab of one server, on a small disk."""
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    if os.geteuid() != 0:
        pytest.skip("needs: root, to mount a small disk")
    wanted = {"redis": {"replicas": 0, "sentinels": 0, "disk_mb": SIZE_MB}}
    lab = native.start(ledger, "redis", read.load("native", wanted=wanted).systems["redis"])
    yield lab
    sweep.end_lab(ledger, lab.id, patience_s=0.0)


def test_small_disk_has_its_size_and_holds_what_the_server_writes(small):
    folder = small.data(small.node("redis-1"))

    assert shutil.disk_usage(folder).total == SIZE_MB * MB
    assert (folder / "appendonlydir").is_dir()
    assert mounts.below(small.folder) == [str(folder)]


def test_small_disk_goes_with_its_lab(small, ledger):
    left = sweep.end_lab(ledger, small.id, patience_s=0.0)

    assert left == []
    assert mounts.below(small.folder) == []
    assert not small.folder.exists()
