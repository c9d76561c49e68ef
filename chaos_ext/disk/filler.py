"""Room taken away by a file without a name: the kernel gives it back when its holder ends."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from chaos_ext.errors import NotAllowed

if TYPE_CHECKING:
    from pathlib import Path

MB = 1 << 20
TRIES_MAX = 50  # others write meanwhile, so that what was free a moment ago is not


def available(folder: Path) -> int:
    """How many bytes may still be written there; what is kept for root is left to root."""
    seen = os.statvfs(folder)
    return seen.f_frsize * seen.f_bavail


def size(folder: Path) -> int:
    """How many bytes the whole file system has."""
    seen = os.statvfs(folder)
    return seen.f_frsize * seen.f_blocks


class Filler:
    """The file; it is nowhere to be found, and holds its room until it is closed."""

    def __init__(self, folder: Path) -> None:
        """Make it; nothing is taken yet."""
        try:
            self._fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotAllowed(
                f"disk.full: the file system of {folder} has no files without a name "
                f"({error.strerror}); use a lab with disk_mb or passthrough"
            ) from error
        self._folder = folder

    def leave(self, room: int) -> None:
        """Take all but *room* bytes."""
        for _ in range(TRIES_MAX):
            more = available(self._folder) - room
            if more <= 0:
                return
            try:
                os.posix_fallocate(self._fd, 0, self.held() + more)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def held(self) -> int:
        """How many bytes it holds."""
        return os.fstat(self._fd).st_blocks * 512

    def close(self) -> None:
        """Give everything back."""
        os.close(self._fd)
