"""Every file that the kernel knows of, by its number, for as long as the kernel knows of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos_ext.passthrough.protocol import ROOT_ID

if TYPE_CHECKING:
    from collections.abc import Callable

_FOUND = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Inode:
    """One file: a descriptor that holds it, whatever becomes of its names, and how often it was told."""

    __slots__ = ("fd", "key", "told")

    def __init__(self, fd: int, key: tuple[int, int]) -> None:
        self.fd, self.key, self.told = fd, key, 0


class Inodes:
    """The table; a file is in it once, by device and number, under whatever names it is found."""

    def __init__(self, root: int) -> None:
        stat = os.fstat(root)
        key = (stat.st_dev, stat.st_ino)
        self._by_id = {ROOT_ID: Inode(root, key)}
        self._ids = {key: ROOT_ID}
        self._next = ROOT_ID
        self.leaving: Callable[[int], None] = _nobody_asks  # told of each file that is let go

    def __len__(self) -> int:
        return len(self._by_id)

    def fd(self, nodeid: int) -> int:
        """A descriptor of that file, good for looking and for the paths of `path`."""
        return self._by_id[nodeid].fd

    def path(self, nodeid: int) -> str:
        """A path that leads to that file, also when it has no name any more."""
        return f"/proc/self/fd/{self._by_id[nodeid].fd}"

    def find(self, folder: int, name: bytes) -> tuple[int, os.stat_result]:
        """The file of that name in the folder of that number, and its attributes: told once more."""
        fd = os.open(name, _FOUND, dir_fd=self._by_id[folder].fd)
        try:
            stat = os.fstat(fd)
            key = (stat.st_dev, stat.st_ino)
            nodeid = self._ids.get(key)
            if nodeid is None:
                nodeid, fd = self._add(fd, key), -1
        finally:
            if fd >= 0:
                os.close(fd)
        self._by_id[nodeid].told += 1
        return nodeid, stat

    def _add(self, fd: int, key: tuple[int, int]) -> int:
        self._next += 1  # never used again: an answer that comes late means nobody else
        self._by_id[self._next] = Inode(fd, key)
        self._ids[key] = self._next
        return self._next

    def forget(self, nodeid: int, times: int) -> None:
        """The kernel forgets *times* that it was told of that file."""
        inode = self._by_id.get(nodeid)
        if inode is None or nodeid == ROOT_ID:
            return
        inode.told -= times
        if inode.told > 0:
            return
        del self._by_id[nodeid], self._ids[inode.key]
        self.leaving(inode.fd)
        os.close(inode.fd)

    def close(self) -> None:
        """Let go of every file."""
        for inode in self._by_id.values():
            os.close(inode.fd)
        self._by_id.clear()
        self._ids.clear()


def _nobody_asks(fd: int) -> None:
    """What is done with a file that is let go where nobody counts room."""
