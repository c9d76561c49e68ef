"""Mounts over a folder, and takes away again, what is ours and nobody else's."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from chaos_ext import world
from chaos_ext.errors import BadArgument, HealFailed, NotAllowed
from chaos_ext.lease import identity
from chaos_ext.lease.identity import Identity
from chaos_ext.passthrough import syscalls

DEVICE = "/dev/fuse"
KIND = "fuse.chaos_ext"
_OURS = re.compile(r"chaos_ext:(?P<pid>\d+):(?P<start>\d+)")
_PROGRAMS = ("fusermount3", "fusermount")
_OCTAL = re.compile(r"\\(\d{3})")


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of the kernel's table of mounts."""

    kind: str
    source: str

    def server(self) -> Identity | None:
        """The process that serves it, if it is one of ours."""
        ours = _OURS.fullmatch(self.source) if self.kind == KIND else None
        if ours is None:
            return None
        return Identity(int(ours["pid"]), int(ours["start"]), world.boot_id())


@dataclass(frozen=True, slots=True)
class Mounted:
    """Our own mount."""

    folder: Path
    source: str
    fd: int
    program: str  # that mounted it; empty when it was ourselves

    def detach(self) -> None:
        """Take it out of sight at once; HealFailed when something else lies over it by now."""
        seen = top(self.folder)
        if seen is None:
            return  # somebody was faster
        if seen.source != self.source:
            raise HealFailed(f"{self.folder}: {seen.source} lies over ours; unmount that first")
        if not self.program:
            syscalls.detach(os.fsencode(self.folder))
            return
        if world.start_process([self.program, "-u", "-z", "--", self.folder]).wait():
            raise HealFailed(f"{self.folder}: {self.program} does not unmount it")


def top(folder: Path) -> Seen | None:
    """What is mounted over *folder* now; None when it is a plain folder.

    The folder itself is not looked at: a server that stands still would hold whoever looks.
    """
    place = f"{os.path.realpath(folder.parent)}/{folder.name}"
    found = None
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        where, _, what = line.partition(" - ")
        if _plain(where.split()[4]) == place:
            kind, source = what.split()[:2]
            found = Seen(kind, _plain(source))
    return found


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)


def is_dead(folder: Path) -> bool:
    """Whether a mount of ours lies over *folder* whose server has ended."""
    seen = top(folder)
    server = seen.server() if seen else None
    return server is not None and not server.same()


def clear(folder: Path) -> None:
    """Take away every mount of ours whose server has ended; refuse one that is served."""
    clear_dead(folder)
    seen = top(folder)
    server = seen.server() if seen else None
    if server:
        raise NotAllowed(
            f"{folder} leads through a pass-through already (pid {server.pid}); end that first"
        )


def clear_dead(folder: Path) -> None:
    """Take away every mount of ours over *folder* whose server has ended, and nothing else."""
    while is_dead(folder):
        _detach_dead(folder)


def _detach_dead(folder: Path) -> None:
    if os.geteuid() == 0:
        syscalls.detach(os.fsencode(folder))
        return
    if world.start_process([_program(), "-u", "-z", "--", folder]).wait():
        raise HealFailed(f"{folder}: its dead mount cannot be taken away; as root: umount -l")


def mount(folder: Path, root: int) -> Mounted:
    """Mount ourselves over *folder*, of which *root* is a descriptor."""
    me = identity.of(os.getpid())
    source = f"chaos_ext:{me.pid}:{me.start}"
    if not Path(DEVICE).exists():
        raise NotAllowed(f"there is no {DEVICE} here: load the kernel's module fuse")
    if os.geteuid() == 0:
        return Mounted(folder, source, _by_ourselves(folder, source, root), "")
    helper = _program()
    return Mounted(folder, source, _by_program(folder, source, helper), helper)


def _by_ourselves(folder: Path, source: str, root: int) -> int:
    fd = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = stat.S_IFMT(os.fstat(root).st_mode)
    options = f"fd={fd},rootmode={mode:o},user_id=0,group_id=0,allow_other,default_permissions"
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    try:
        syscalls.mount(source, os.fsencode(folder), KIND, flags, options)
    except OSError as problem:
        os.close(fd)
        raise NotAllowed(
            f"{folder} cannot be mounted over: {problem.strerror}; CAP_SYS_ADMIN is needed"
        ) from problem
    return fd


def _by_program(folder: Path, source: str, helper: str) -> int:
    """Have the setuid program of the system mount it, and hand us the descriptor."""
    ours, its = socket.socketpair()
    with ours, its:
        options = f"nosuid,nodev,fsname={source},subtype=chaos_ext,default_permissions"
        process = world.start_process(
            [helper, "-o", options, "--", folder],
            env={**os.environ, "_FUSE_COMMFD": str(its.fileno())},
            keep_fds=[its.fileno()],
        )
        its.close()
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        if process.wait() or not fds:
            raise NotAllowed(f"{folder}: {helper} does not mount over it; see its manual page")
    os.set_blocking(fds[0], False)
    os.set_inheritable(fds[0], False)
    return fds[0]


def program() -> str:
    """The setuid program by which others than root mount; empty where there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), "")


def _program() -> str:
    found = program()
    if not found:
        raise NotAllowed(
            f"only root may mount, and there is no {_PROGRAMS[0]}: install fuse3, or be root"
        )
    return found


def opened(folder: Path) -> int:
    """A descriptor of the real *folder*; nobody else finds it once something lies over it."""
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise BadArgument(f"{folder} is no folder to serve: {problem.strerror}") from problem
