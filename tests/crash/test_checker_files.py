"""The checker of the campaign sees what is wrong with files, disks and mounts: planted, and named."""

import ctypes
import os
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .conftest import NEEDS_ROOT

NODE = "redis-2"
BIND, REMOUNT, READ_ONLY, LAZILY = 4096, 32, 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(place, flags, what="chaos_ext"):
    if LIBC.mount(os.fsencode(what), os.fsencode(place), b"tmpfs", flags, None) != 0:
        raise OSError(ctypes.get_errno(), "cannot mount")


@contextmanager
def full(folder):
    filler = folder / "lookout-0"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass
    yield
    filler.unlink()


@contextmanager
def read_only(folder):
    mount(folder, BIND, what=folder)  # over itself: the server goes on writing below it
    mount(folder, BIND | REMOUNT | READ_ONLY)
    yield
    LIBC.umount2(os.fsencode(folder), LAZILY)


@contextmanager
def nameless(folder):
    fd = os.open(folder, os.O_TMPFILE | os.O_RDWR)
    os.posix_fallocate(fd, 0, 4 << 20)
    yield
    os.close(fd)


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (full, f"the disk of {NODE}: No space left on device"),
        (read_only, f"the disk of {NODE}: Read-only file system"),
        (nameless, f"the disk of {NODE}: "),
    ],
)
def test_checker_sees_a_disk_that_is_none(eyes, plant, seen):
    with plant(eyes.before.data[NODE]):
        found = eyes.checker.residues(eyes.before)

    assert any(line.startswith(seen) for line in found), found


def test_checker_sees_a_disk_that_is_slow(eyes, monkeypatch):
    monkeypatch.setattr(eyes.see_files, "SLOW_MS", 0)

    found = eyes.checker.residues(eyes.before)

    assert len(found) == len(eyes.before.data)
    assert all(" takes " in line for line in found), found


@NEEDS_ROOT
def test_checker_sees_a_mount_that_is_left_and_one_that_is_gone(eyes):
    place = eyes.before.folder / NODE / "left"
    place.mkdir()
    mount(place, 0)

    found = eyes.checker.residues(eyes.before)
    LIBC.umount2(os.fsencode(place), LAZILY)
    place.rmdir()
    there = dict(eyes.before.facts)
    gone = eyes.checker.differences({**there, f"mount {place}": "tmpfs chaos_ext"}, there)

    assert f"mount {place}: tmpfs chaos_ext; it was not there before" in found
    assert gone == [f"mount {place}: not there; it was tmpfs chaos_ext"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("state/copy", "file copy beside the ledger"),
        ("state/labs/redis-000000", "folder redis-000000 of a lab"),
        ("node/server.conf.bak", f"file {NODE}/server.conf.bak"),
        ("node/data/before", f"file {NODE}/data/before"),
    ],
)
def test_checker_sees_what_was_added(eyes, name, what):
    top, _, rest = name.partition("/")
    node = eyes.before.folder / NODE
    place = {"state": eyes.campaign.state, "node": node}[top] / rest
    place.mkdir()

    found = eyes.checker.residues(eyes.before)

    place.rmdir()
    assert found == [f"{what}: there; it was not there before"]


def test_checker_sees_shared_memory_that_is_left(eyes):
    place = Path("/dev/shm") / f"chaos_ext-{eyes.before.lab}-left"
    place.touch()

    found = eyes.checker.residues(eyes.before)

    place.unlink()
    assert found == [f"shared memory {place.name}: there; it was not there before"]


def test_checker_sees_a_file_that_was_changed(eyes):
    name = next(
        name for name in eyes.before.files if name.startswith(NODE) and ".base." in name
    )
    path = eyes.before.data[NODE] / "appendonlydir" / name.partition("/")[2]
    was = path.read_bytes()
    path.write_bytes(bytes([was[0] ^ 1]) + was[1:])

    found = eyes.checker.residues(eyes.before)

    path.write_bytes(was)
    assert found == [f"file {name} does not begin as before"]
