"""Looks at what the kernel keeps for us: mounts, control groups, memory that is shared by name."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLACE, _AFTER = 4, 6  # columns of mountinfo; optional ones follow
SHARED = Path("/dev/shm")
GROUPS = Path("/sys/fs/cgroup")


def facts(folder: Path, marks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is there below *folder*, or bears one of *marks* (ids of our leases and labs)."""
    known = tuple(marks)
    yield from _mounts(folder)
    for group in _groups():
        if _bears(group, known):
            yield f"control group {group}", "there"
    for name in _names(SHARED):
        if _bears(name, known):
            yield f"shared memory {name}", "there"


def _bears(name: str, marks: tuple[str, ...]) -> bool:
    return any(mark in name for mark in marks)


def _mounts(folder: Path) -> Iterator[tuple[str, str]]:
    for place, kind in mounts():
        if place == str(folder) or place.startswith(f"{folder}/"):
            yield f"mount {place}", kind


def mounts() -> list[tuple[str, str]]:
    """Every mount point that we see, with its kind and what it is called; the newest last."""
    found = []
    text = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    for line in text.splitlines():
        columns = line.split()
        kind, name = columns[columns.index("-", _AFTER) + 1 :][:2]
        place = columns[_PLACE].replace("\\040", " ")
        found.append((place, f"{kind} {name}"))
    return found


def _groups() -> Iterator[str]:
    """Every control group of every hierarchy, as a path."""
    for place, _, _ in os.walk(GROUPS):
        yield place


def _names(folder: Path) -> list[str]:
    with suppress(OSError):
        return [entry.name for entry in folder.iterdir()]
    return []
