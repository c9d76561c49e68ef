"""Where a process is among the kernel's control groups, and what limits it has there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
MEMBERS = "cgroup.procs"
_PPID, _START = 1, 19  # fields of /proc/<pid>/stat after the name
_ROOT, _PLACE, _OPTIONS, _AFTER = 3, 4, 5, 6  # columns of mountinfo; optional ones follow
_V1, _V2 = "cgroup", "cgroup2"
_KNOWN = "cgroup.controllers"  # a file that only version 2 has


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The tree of groups that a controller acts on."""

    version: int
    controller: str
    mount: Path
    root: str  # the group that is seen at the mount point

    def home(self, pid: int, proc: Path = PROC) -> Path:
        """The folder of the group that *pid* is in."""
        path = self._group(pid, proc)
        inside = path.removeprefix(self.root.rstrip("/"))
        if not path.startswith(self.root.rstrip("/")) or ".." in path.split("/"):
            raise NotAllowed(f"pid {pid} is in the group {path}, which is not to be seen here")
        return self.mount / inside.strip("/")

    def parent(self, home: Path) -> Path:
        """Where a group of ours goes, for processes of the group *home*.

        Version 2 allows no group below one that has processes, but beside it.
        """
        return home if self.version == 1 or home == self.mount else home.parent

    def ancestors(self, home: Path) -> Iterator[Path]:
        """The group *home* and those it is in, up to the whole machine."""
        yield home
        while home not in (self.mount, home.parent):
            home = home.parent
            yield home

    def problem(self, parent: Path) -> str:
        """Why no group of ours can limit anything below *parent*; empty when it can."""
        if not os.access(parent, os.W_OK):
            return f"{parent} cannot be written, which needs root"
        if self.version == 1:
            return ""
        granted = read(parent / "cgroup.subtree_control").split()
        missing = f"{parent} does not hand the controller {self.controller} on to its groups"
        return "" if self.controller in granted else missing

    def _group(self, pid: int, proc: Path) -> str:
        for line in read(proc / str(pid) / "cgroup").splitlines():
            number, names, path = line.split(":", 2)
            mine = number == "0" if self.version != 1 else self.controller in names.split(",")
            if mine:
                return path
        raise NotAllowed(f"pid {pid} is in no group of the controller {self.controller}")


def hierarchy(controller: str, proc: Path = PROC) -> Hierarchy:
    """The one that has *controller* on this machine; NotAllowed when none has."""
    unified = None
    for line in read(proc / "self/mountinfo").splitlines():
        columns = line.split()
        kind, _, options = columns[columns.index("-", _AFTER) + 1 :][:3]
        place = Path(columns[_PLACE])
        if kind == _V1 and controller in options.split(","):
            return Hierarchy(1, controller, place, columns[_ROOT])
        if kind == _V2 and controller in read(place / _KNOWN).split():
            unified = Hierarchy(2, controller, place, columns[_ROOT])
    if unified is None:
        raise NotAllowed(
            f"this machine has no control groups with the controller {controller}; "
            "mount them, or start the kernel with it"
        )
    return unified


def possible(controller: str, proc: Path = PROC) -> str:
    """Why no process can be limited by *controller* here; empty when it can."""
    try:
        found = hierarchy(controller, proc)
    except NotAllowed as error:
        return str(error)
    if os.geteuid() != 0:
        return "not permitted: control groups need root"
    return found.problem(found.mount)


def family(pid: int, proc: Path = PROC) -> dict[int, int]:
    """*pid* and all that descend from it, with the start time of each."""
    parents: dict[int, tuple[int, int]] = {}
    for entry in proc.iterdir():
        fields = _stat(entry) if entry.name.isdigit() else []
        if fields:  # it may have ended meanwhile
            parents[int(entry.name)] = int(fields[_PPID]), int(fields[_START])
    found = {pid: parents[pid][1]} if pid in parents else {}
    grown = True
    while grown:
        more = {p: start for p, (parent, start) in parents.items() if parent in found}
        grown = not more.keys() <= found.keys()
        found |= more
    return found


def start_of(pid: int, proc: Path = PROC) -> int:
    """When *pid* was started; 0 when there is none."""
    fields = _stat(proc / str(pid))
    return int(fields[_START]) if fields else 0


def _stat(folder: Path) -> list[str]:
    text = read(folder / "stat")
    return text[text.rindex(")") + 2 :].split() if text else []


def move(pid: int, group: Path | str) -> None:
    """Put *pid* into a group; one that has ended needs no moving."""
    try:
        (Path(group) / MEMBERS).write_text(f"{pid}\n", encoding="ascii")
    except ProcessLookupError:
        return
    except OSError as error:
        raise NotAllowed(f"pid {pid} cannot be moved to {group}: {error.strerror}") from error


def read(path: Path) -> str:
    """What a file of the kernel says; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """The number in a file of the kernel; None where it says `max`, or is not there."""
    text = read(path)
    return int(text) if text.lstrip("-").isdigit() else None
