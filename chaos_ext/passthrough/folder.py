"""The real folder behind a mount: its files, what is open in it, and what its disk does wrong."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chaos_ext.passthrough import syscalls
from chaos_ext.passthrough.inodes import Inodes
from chaos_ext.passthrough.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos_ext.passthrough.protocol import Request

_SYNCHRONOUS = os.O_DSYNC | os.O_SYNC


class Folder:
    """What the operations work on."""

    def __init__(self, root: int) -> None:
        """*root* is a descriptor of the real folder, opened before anything was mounted over it."""
        self.inodes = Inodes(root)
        self.inodes.leaving = self._leaving
        self.rules = Rules()
        self.listings: dict[int, list[tuple[int, int, bytes]]] = {}  # of open folders
        self.synchronous: set[int] = (
            set()
        )  # open files of which every write is an fsync as well
        self._for_others = os.geteuid() == 0

    def opened(self, fd: int, flags: int) -> int:
        """Remember how a file was opened; its handle."""
        if flags & _SYNCHRONOUS:
            self.synchronous.add(fd)
        return fd

    def release(self, fd: int) -> None:
        """An open file or folder is needed no more."""
        self.synchronous.discard(fd)
        self.listings.pop(fd, None)
        os.close(fd)

    @contextmanager
    def as_caller(self, request: Request) -> Iterator[None]:
        """What is made within it belongs to whoever asked."""
        if not self._for_others or (request.uid, request.gid) == (0, 0):
            yield
            return
        syscalls.act_as(request.uid, request.gid)
        try:
            yield
        finally:
            syscalls.act_as(0, 0)

    def grow(self, size_bytes: int) -> None:
        """A file is about to grow by that much, whole or not at all."""
        if self.rules.full and size_bytes > 0 and self.rules.granted(size_bytes) < size_bytes:
            raise no_space()
        self.rules.used(size_bytes)

    def _leaving(self, fd: int) -> None:
        """Room comes back with the last name and the last open file: then the kernel forgets it."""
        if self.rules.full:
            stat = os.fstat(fd)
            if stat.st_nlink == 0:
                self.rules.used(-stat.st_size)

    def close(self) -> None:
        """Let go of every file."""
        self.inodes.close()


def no_space() -> OSError:
    """What a full disk answers."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
