"""Looks at the files: what was written before is still so, nothing is added, and a disk is a disk."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import see_kernel
import see_processes

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SLOW_MS = 100  # of writing a small file for certain; less than any fault adds
SMALL_BYTES = 1 << 16  # a file that is read whole
HIDDEN_BYTES_MAX = 1 << 20  # on a small disk, between what is used and what is seen
_OF_THE_SERVER = re.compile(  # what it makes and removes as it likes
    r"(data/)?(appendonlydir(/.*)?|temp-.*|dump\.rdb|.*\.log|server\.conf|lookout-\d+)"
)
_OF_THE_LEDGER = ("ledger.db", "sweep.lock", "labs")
MANIFEST = "appendonly.aof.manifest"


@dataclass(frozen=True, slots=True)
class Kept:
    """The beginning of a file that is only ever written at its end."""

    bytes: int
    digest: str


# -- names ----------------------------------------------------------------------------------


def names(state: Path, folder: Path, nodes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Whatever lies in our folders and is not the servers' own."""
    for entry in state.iterdir() if state.exists() else ():
        if not entry.name.startswith(_OF_THE_LEDGER):
            yield f"file {entry.name} beside the ledger", "there"
    labs = state / "labs"
    for entry in labs.iterdir() if labs.exists() else ():
        yield f"folder {entry.name} of a lab", "there"
    for node in nodes:
        yield from _inside(folder / node, node)


def _inside(place: Path, node: str) -> Iterator[tuple[str, str]]:
    with suppress(OSError):
        for entry in [*place.iterdir(), *(place / "data").glob("*")]:
            name = str(entry.relative_to(place))
            if not _OF_THE_SERVER.fullmatch(name):
                small = entry.is_file() and entry.stat().st_size < SMALL_BYTES
                yield (
                    f"file {node}/{name}",
                    _kept(entry, SMALL_BYTES).digest if small else "there",
                )


# -- what was written -----------------------------------------------------------------------


def kept(folders: Mapping[str, Path]) -> dict[str, Kept]:
    """The files that hold the data in *folders*, by the name of the node and their own."""
    return {
        f"{node}/{path.name}": _kept(path, path.stat().st_size)
        for node, folder in folders.items()
        for path in (folder / "appendonlydir").glob("*.aof.*.*")
    }


def _kept(path: Path, size: int) -> Kept:
    with path.open("rb") as file:
        return Kept(size, hashlib.sha256(file.read(size)).hexdigest())


def changed(before: Mapping[str, Kept], folders: Mapping[str, Path]) -> list[str]:
    """The files that do not begin any more as they did.

    A server that has copied all from its primary begins new ones, and names the old no more.
    """
    found = []
    for name, was in before.items():
        node, _, file = name.partition("/")
        path = folders[node] / "appendonlydir" / file
        try:
            if file in path.with_name(MANIFEST).read_text() and _kept(path, was.bytes) != was:
                found.append(f"file {name} does not begin as before")
        except OSError as error:
            found.append(f"file {name} cannot be read: {error.strerror}")
    return found


# -- the disk -------------------------------------------------------------------------------


def disks(folders: Mapping[str, Path]) -> list[str]:
    """Where a small file cannot be written for certain, at once, and be read back."""
    found = []
    for node, folder in folders.items():
        try:
            took_ms = _write_ms(folder / f"lookout-{os.getpid()}")
            if took_ms > SLOW_MS:  # a busy machine is slow for a moment
                took_ms = _write_ms(folder / f"lookout-{os.getpid()}")
        except OSError as error:
            found.append(f"the disk of {node}: {error.strerror}")
        else:
            if took_ms > SLOW_MS:
                found.append(f"the disk of {node} takes {took_ms:.0f} ms")
    return found


def _write_ms(path: Path) -> float:
    written = os.urandom(8192)
    began_ns = world.monotonic_ns()
    try:
        with path.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        if path.read_bytes() != written:
            raise OSError(0, "what was written is not what is read")
    finally:
        with suppress(OSError):
            path.unlink()
    return (world.monotonic_ns() - began_ns) / 1e6


def hidden(folders: Mapping[str, Path], pids: Iterable[int]) -> list[str]:
    """Files without a name: who holds one, and what room is taken on a small disk by none."""
    found = []
    inside = tuple(f"{folder}/" for folder in folders.values())
    for pid in pids:
        found += [
            f"process {pid} holds the nameless file {link}"
            for link in see_processes.links(pid)
            if link.endswith(" (deleted)") and link.startswith(inside)
        ]
    small = {place for place, kind in see_kernel.mounts() if kind.startswith("tmpfs ")}
    for node, folder in folders.items():
        if str(folder) in small:
            room = os.statvfs(folder)
            used = (room.f_blocks - room.f_bfree) * room.f_frsize
            seen = sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
            if used - seen > HIDDEN_BYTES_MAX:
                found.append(f"the disk of {node}: {used - seen} bytes are in no file")
    return found
