"""What the kernel's control groups, of version 1 or 2, allow a process and say of its use."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = -1
_NO_LIMIT = 1 << 60  # version 1 writes the largest page count there is
_NS_PER_US = 1_000
_CONTENT_MOST = 16_384


@dataclass(frozen=True, slots=True)
class Allowed:
    """What was read of a group: UNKNOWN where nothing is limited, or nobody tells."""

    memory_bytes: int = UNKNOWN  # without the cache that can be dropped at once
    memory_limit_bytes: int = UNKNOWN
    cores: float = 0.0  # 0 where there is no quota
    periods: int = UNKNOWN
    throttled: int = UNKNOWN
    throttled_ns: int = UNKNOWN


class Groups:
    """The groups of the processes that are watched; each is read once a round, however many are in it."""

    def __init__(self, mountinfo: Path = Path("/proc/self/mountinfo")) -> None:
        """Find where the groups are."""
        self._mounts = dict(_mounts(mountinfo.read_text(encoding="utf-8")))
        self._groups: dict[bytes, _Group] = {}
        self._round = 0

    def begin(self, *, anew: bool) -> None:
        """A round begins; *anew*: limits may have been set at another level of the tree."""
        self._round += 1
        if anew:
            self.close()

    def allowed(self, cgroup: bytes) -> Allowed:
        """What the groups allow that `/proc/<pid>/cgroup` names."""
        group = self._groups.get(cgroup)
        if group is None:
            group = self._groups[cgroup] = _Group(self._mounts, cgroup.decode())
        return group.read(self._round)

    def close(self) -> None:
        """Let go of all files."""
        for group in self._groups.values():
            group.close()
        self._groups.clear()


def _mounts(mountinfo: str) -> Iterator[tuple[str, tuple[Path, PurePosixPath]]]:
    """Where each controller is mounted, and which group is at that place; version 2 has no name."""
    for line in mountinfo.splitlines():
        about, _, kind = line.partition(" - ")
        root, place = about.split()[3:5]
        words = kind.split()
        found = Path(place), PurePosixPath(root)
        if words[0] == "cgroup2":
            yield "", found
        elif words[0] == "cgroup":
            yield from ((name, found) for name in words[2].split(","))


class _Group:
    """One group, or rather its two tightest levels: one of memory and one of CPU time."""

    def __init__(self, mounts: dict[str, tuple[Path, PurePosixPath]], cgroup: str) -> None:
        self._round = -1
        self._last = Allowed()
        memory, cpu = (_levels(mounts, cgroup, name) for name in ("memory", "cpu"))
        tight = [level for level in memory if _memory_limit(level) > 0]
        self._memory = min(tight, key=_memory_limit, default=None)
        quotas = [level for level in cpu if _quota(level) > 0]
        self._cpu = min(quotas, key=_quota, default=None)
        for level in (*memory, *cpu):
            if level not in (self._memory, self._cpu):
                level.close()
        self._known = bool(cpu)

    def read(self, number: int) -> Allowed:
        if number != self._round:
            self._round, self._last = number, self._now()
        return self._last

    def _now(self) -> Allowed:
        used = limit = UNKNOWN
        if self._memory:
            limit = _memory_limit(self._memory)
            used = _memory_used(self._memory)
        if self._cpu is None:  # without a quota nobody is ever made to wait
            none = 0 if self._known else UNKNOWN
            return Allowed(used, limit, 0.0, none, none, none)
        told = _table(self._cpu.text("cpu.stat"))
        waited = told.get("throttled_time", told.get("throttled_usec", UNKNOWN) * _NS_PER_US)
        return Allowed(
            used, limit, max(0.0, _quota(self._cpu)),
            told.get("nr_periods", UNKNOWN), told.get("nr_throttled", UNKNOWN), max(waited, UNKNOWN),
        )  # fmt: skip

    def close(self) -> None:
        for level in (self._memory, self._cpu):
            if level:
                level.close()


class _Level:
    """A folder of the tree of groups, with its files kept open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, int] = {}

    def text(self, name: str) -> str:
        """What a file says at this moment; empty when there is none."""
        try:
            if name not in self._files:
                self._files[name] = os.open(self.folder / name, os.O_RDONLY | os.O_CLOEXEC)
            return os.pread(self._files[name], _CONTENT_MOST, 0).decode()
        except OSError:
            return ""

    def close(self) -> None:
        for fd in self._files.values():
            os.close(fd)
        self._files.clear()


def _levels(
    mounts: dict[str, tuple[Path, PurePosixPath]], cgroup: str, controller: str
) -> list[_Level]:
    """The group of a process and all above it; empty when the controller is nowhere."""
    controller = controller if controller in mounts else ""
    if controller not in mounts:
        return []
    place, root = mounts[controller]
    lines = (line.split(":", 2) for line in cgroup.splitlines())
    path = next((p for _, names, p in lines if controller in names.split(",")), None)
    if path is None:
        return []
    inner = PurePosixPath(path)
    with suppress(ValueError):  # named from elsewhere, and seen only as far as it is mounted
        inner = inner.relative_to(root)
    folders = [place.joinpath(*inner.parts[:count]) for count in range(len(inner.parts) + 1)]
    return [_Level(folder) for folder in folders if folder.is_dir()]


def _memory_limit(level: _Level) -> int:
    text = level.text("memory.max") or level.text("memory.limit_in_bytes")
    limit = int(text) if text.strip().isdigit() else UNKNOWN
    return limit if 0 < limit < _NO_LIMIT else UNKNOWN


def _memory_used(level: _Level) -> int:
    text = level.text("memory.current") or level.text("memory.usage_in_bytes")
    if not text:
        return UNKNOWN
    told = _table(level.text("memory.stat"))
    return max(0, int(text) - told.get("total_inactive_file", told.get("inactive_file", 0)))


def _quota(level: _Level) -> float:
    words = level.text("cpu.max").split()
    words = words or [
        *level.text("cpu.cfs_quota_us").split(),
        *level.text("cpu.cfs_period_us").split(),
    ]
    if len(words) != 2 or not words[0].isdigit():  # noqa: PLR2004 - "max", or -1
        return 0.0
    return int(words[0]) / int(words[1])


def _table(text: str) -> dict[str, int]:
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}  # noqa: PLR2004
