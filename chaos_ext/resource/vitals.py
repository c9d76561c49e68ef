"""What the kernel tells of one process: memory, CPU time, files, disk and threads, by a few cheap reads.

Everything is asked through descriptors that were opened once; they lead to that very process and
to no other that gets its number later.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from chaos_ext import world
from chaos_ext.errors import TargetGone
from chaos_ext.resource.allowance import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.lease.identity import Identity
    from chaos_ext.resource.allowance import Groups

LOOK_LAYOUT = struct.Struct("<64s9qd14q")  # the same bytes as history.rows.LOOK
_PAGE = os.sysconf("SC_PAGE_SIZE")
_NS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_STATE, _USER, _SYSTEM, _THREADS, _START, _RESIDENT = 0, 11, 12, 17, 19, 21  # after the name
_CONTENT_MOST = 4_096
_FILES = b"Max open files"
_RARELY = 4  # looks: what hardly ever changes is read that often only


class Look(NamedTuple):
    """One look at one process, in the order of a row; UNKNOWN where nobody knows."""

    pid: int = UNKNOWN
    intended_ns: int = UNKNOWN
    at_ns: int = UNKNOWN
    memory_bytes: int = UNKNOWN
    memory_server_bytes: int = UNKNOWN
    memory_server_limit_bytes: int = UNKNOWN
    memory_group_bytes: int = UNKNOWN
    memory_group_limit_bytes: int = UNKNOWN
    cpu_ns: int = UNKNOWN
    cpu_cores: float = float("nan")
    cpu_periods: int = UNKNOWN
    cpu_periods_throttled: int = UNKNOWN
    cpu_throttled_ns: int = UNKNOWN
    files: int = UNKNOWN
    files_allowed: int = UNKNOWN
    connections: int = UNKNOWN
    connections_allowed: int = UNKNOWN
    disk_bytes: int = UNKNOWN
    disk_total_bytes: int = UNKNOWN
    inodes: int = UNKNOWN
    inodes_total: int = UNKNOWN
    net_in_bytes: int = UNKNOWN
    net_out_bytes: int = UNKNOWN
    threads: int = UNKNOWN

    def packed(self, target: bytes, inside: Mapping[str, int]) -> bytes:
        """As a row of *target*, with what the server says of itself."""
        values = list(self)
        for name, value in inside.items():
            values[_PLACES[name]] = value
        return LOOK_LAYOUT.pack(target, *values)


_PLACES = {name: place for place, name in enumerate(Look._fields)}


class Process:
    """A process that is looked at again and again."""

    def __init__(self, who: Identity, folder: str = "") -> None:
        """Open what tells of it; *folder* is where its data is, else where it works."""
        self.pid = who.pid
        self._fds: dict[str, int] = {}
        try:
            self._home = os.open(f"/proc/{who.pid}", os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise TargetGone(f"process {who.pid} is gone") from error
        stat = self._stat()
        if not stat or int(stat[_START]) != who.start:
            self.close()
            raise TargetGone(f"process {who.pid} is gone")
        self._folder = folder or self._works_in()
        self._looks = 0
        self._group, self._affine = b"", 1

    def look(self, groups: Groups, intended_ns: int) -> Look | None:
        """What it uses now; None when it has ended."""
        stat = self._stat()
        if not stat:
            return None
        if self._looks % _RARELY == 0:
            self._group, self._affine = self._read("cgroup"), self._affinity()
        self._looks += 1
        allowed = groups.allowed(self._group)
        used, total, inodes, inodes_total = self._disk()
        return Look(
            pid=self.pid, intended_ns=intended_ns, at_ns=world.monotonic_ns(),
            memory_bytes=int(stat[_RESIDENT]) * _PAGE,
            memory_group_bytes=allowed.memory_bytes,
            memory_group_limit_bytes=allowed.memory_limit_bytes,
            cpu_ns=self._cpu_ns(stat), cpu_cores=min(allowed.cores or self._affine, self._affine),
            cpu_periods=allowed.periods, cpu_periods_throttled=allowed.throttled,
            cpu_throttled_ns=allowed.throttled_ns,
            files=self._open_files(), files_allowed=self._files_allowed(),
            disk_bytes=used, disk_total_bytes=total, inodes=inodes, inodes_total=inodes_total,
            threads=int(stat[_THREADS]),
        )  # fmt: skip

    def close(self) -> None:
        """Let go of it."""
        for fd in (*self._fds.values(), self._home):
            with suppress(OSError):
                os.close(fd)
        self._fds, self._home = {}, -1

    def _read(self, name: str) -> bytes:
        try:
            if name not in self._fds:
                flags = os.O_RDONLY | os.O_CLOEXEC
                self._fds[name] = os.open(name, flags, dir_fd=self._home)
            return os.pread(self._fds[name], _CONTENT_MOST, 0)
        except OSError:  # it has ended, or is not ours to look into
            return b""

    def _stat(self) -> list[bytes]:
        """Its numbers, without pid and name; none when it has ended, also when nobody knows yet."""
        text = self._read("stat")
        fields = text[text.rfind(b")") + 2 :].split()
        return fields if fields and fields[_STATE] not in b"ZX" else []

    def _cpu_ns(self, stat: list[bytes]) -> int:
        try:  # to the nanosecond, where the ticks of `stat` are 10 ms
            return world.cpu_ns_of(self.pid)
        except OSError:
            return (int(stat[_USER]) + int(stat[_SYSTEM])) * _NS_PER_TICK

    def _affinity(self) -> int:
        try:
            return len(os.sched_getaffinity(self.pid))
        except OSError:
            return os.cpu_count() or 1

    def _open_files(self) -> int:
        try:
            # a kernel since 6.2 counts them itself; before that the size is 0
            return os.stat("fd", dir_fd=self._home).st_size or self._listed()
        except OSError:
            return UNKNOWN

    def _listed(self) -> int:
        folder = os.open("fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._home)
        try:
            return len(os.listdir(folder))  # noqa: PTH208 - a path could be another's by now
        finally:
            os.close(folder)

    def _files_allowed(self) -> int:
        text = self._read("limits")
        at = text.find(_FILES)
        words = text[at + len(_FILES) :].split(None, 1) if at >= 0 else []
        return int(words[0]) if words and words[0].isdigit() else UNKNOWN

    def _works_in(self) -> str:
        try:
            return os.readlink("cwd", dir_fd=self._home)
        except OSError:
            return ""

    def _disk(self) -> tuple[int, int, int, int]:
        """Bytes used and there, as `df` has it, and inodes; by name, so that nothing is kept busy."""
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
        used = found.f_blocks - found.f_bfree
        counts = bool(found.f_files)  # some file systems have no fixed number of inodes
        return (
            used * found.f_frsize,
            (used + found.f_bavail) * found.f_frsize,
            found.f_files - found.f_ffree if counts else UNKNOWN,
            found.f_files if counts else UNKNOWN,
        )
