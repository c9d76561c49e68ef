"""A control group of our own for the processes of one target: made, joined, and taken away again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import HealFailed, NotAllowed
from chaos_ext.resource import cgroups
from chaos_ext.resource.cgroups import PROC

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "chaos_ext_"
WHERE_THERE_IS_SWAP = ("memory.memsw.limit_in_bytes", "memory.swap.max")
ROUNDS_MAX = 50  # whoever starts children as fast as that is not caught
# beside its own group a target would be rid of these limits, so ours gets them too (version 2)
CARRIED = (
    *("cpu.max", "cpu.weight", "cpuset.cpus", "memory.high", "memory.max", "memory.swap.max"),
    *("pids.max", "io.max"),
)


def look(pid: int, controller: str, lease_id: str, proc: Path = PROC) -> dict[str, Any]:
    """What must be known to bring the processes of *pid* back, before anything is done to them."""
    tree = cgroups.hierarchy(controller, proc)
    home = tree.home(pid, proc)
    if MARK in home.name:
        raise NotAllowed(
            f"pid {pid} is in {home} already, by another fault of ours; one at a time can limit it"
        )
    parent = tree.parent(home)
    problem = tree.problem(parent)
    if problem:
        raise NotAllowed(problem)
    homes = [
        [member, start, str(tree.home(member, proc))]
        for member, start in cgroups.family(pid, proc).items()
    ]
    carried = {} if tree.version == 1 else {name: cgroups.read(home / name) for name in CARRIED}
    return {
        "version": tree.version,
        "folder": str(parent / f"{MARK}{lease_id}"),
        "home": str(home),
        "homes": homes,
        "carried": {name: text for name, text in carried.items() if text},
    }


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """The group that `look` has described as *before*; whoever has that can undo it."""

    before: Mapping[str, Any]
    proc: Path = PROC

    @property
    def folder(self) -> Path:
        """Where it is."""
        return Path(self.before["folder"])

    @property
    def version(self) -> int:
        """Of the control groups, which decides what its files are called."""
        return int(self.before["version"])

    def make(self, limits: Mapping[str, object]) -> None:
        """Make it, with the limits that its processes had elsewhere, and then with ours."""
        self.folder.mkdir()
        for name, text in self.before["carried"].items():
            if cgroups.read(self.folder / name) != text:
                for line in str(text).splitlines():
                    self.write(name, line)
        for name, value in limits.items():
            if name not in WHERE_THERE_IS_SWAP or (self.folder / name).exists():
                self.write(name, value)

    def take(self, pid: int) -> None:
        """Move *pid* and all that descend from it in; children that are born meanwhile, too."""
        for _ in range(ROUNDS_MAX):
            inside = set(self.members())
            missing = [each for each in cgroups.family(pid, self.proc) if each not in inside]
            if not missing:
                return
            for each in missing:
                self.admit(each)

    def admit(self, pid: int) -> None:
        """Move one process in; one that has ended needs no moving."""
        cgroups.move(pid, self.folder)

    def members(self) -> list[int]:
        """Who is in it."""
        return [
            int(pid)
            for pid in cgroups.read(self.folder / cgroups.MEMBERS).split()
            if pid != "0"
        ]

    def holds(self, pid: int) -> bool:
        """Whether *pid* is in it."""
        return pid in self.members()

    def read(self, name: str) -> str:
        """What one of its files says."""
        return cgroups.read(self.folder / name)

    def number(self, name: str) -> int | None:
        """The number in one of its files."""
        return cgroups.number(self.folder / name)

    def limited(self, limits: Mapping[str, object]) -> bool:
        """Whether *limits* are in force, those that are not to be had here left out."""
        return self.folder.exists() and all(
            self.read(name) == str(value)
            for name, value in limits.items()
            if name not in WHERE_THERE_IS_SWAP or (self.folder / name).exists()
        )

    def write(self, name: str, value: object) -> None:
        """Write one of its files, in one piece, as the kernel wants it."""
        try:
            (self.folder / name).write_text(f"{value}\n", encoding="ascii")
        except OSError as error:
            raise NotAllowed(f"{self.folder / name}: {value}: {error.strerror}") from error

    def give_back(self) -> None:
        """Move everybody back to where they were, and remove it; nothing happens when it is gone."""
        for _ in range(ROUNDS_MAX):
            members = self.members()
            if not members:
                break
            for pid in members:
                self._send_home(pid)
        self.gone()

    def gone(self) -> bool:
        """Whether nothing of it is left; it goes as soon as the kernel is done with it."""
        with suppress(OSError):  # the last of its processes is still ending, or it is gone
            self.folder.rmdir()
        return not self.folder.exists()

    def _send_home(self, pid: int) -> None:
        start = cgroups.start_of(pid, self.proc)
        homes = {(int(p), int(s)): str(home) for p, s, home in self.before["homes"]}
        place = Path(homes.get((pid, start), self.before["home"]))
        while not place.exists():  # who had it there has removed it meanwhile
            place = place.parent
        try:
            cgroups.move(pid, place)
        except NotAllowed as error:
            raise HealFailed(str(error)) from error
