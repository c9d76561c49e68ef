"""The calls of Linux that Python has no name for; each raises OSError as those that it has do."""

from __future__ import annotations

import ctypes
import os

MS_NOSUID, MS_NODEV = 1 << 1, 1 << 2
MNT_DETACH = 1 << 1
FALLOC_KEEP_SIZE = 1 << 0
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
_AT_FDCWD = -100
_libc = ctypes.CDLL(None, use_errno=True)
_Long, _Int, _Text = ctypes.c_long, ctypes.c_int, ctypes.c_char_p
_libc.mount.argtypes = (_Text, _Text, _Text, ctypes.c_ulong, _Text)
_libc.umount2.argtypes = (_Text, _Int)
_libc.fallocate.argtypes = (_Int, _Int, ctypes.c_int64, ctypes.c_int64)
_libc.utimensat.argtypes = (_Int, _Text, ctypes.POINTER(_Long * 4), _Int)
_libc.renameat2.argtypes = (_Int, _Text, _Int, _Text, ctypes.c_uint)


def mount(source: str, folder: bytes, kind: str, flags: int, options: str) -> None:
    """Mount *kind* over *folder*."""
    _told(_libc.mount(source.encode(), folder, kind.encode(), flags, options.encode()))


def detach(folder: bytes) -> None:
    """Call umount2(2): out of sight at once; it ends when nobody has anything open in it."""
    _told(_libc.umount2(folder, MNT_DETACH))


def fallocate(fd: int, mode: int, offset: int, length: int) -> None:
    """Reserve or give back room in a file: it can do more than posix_fallocate and never writes zeros instead."""
    _told(_libc.fallocate(fd, mode, offset, length))


def set_times(path: str, atime: tuple[int, int], mtime: tuple[int, int]) -> None:
    """Call utimensat(2): seconds and nanoseconds each, or UTIME_NOW, or UTIME_OMIT."""
    times = (_Long * 4)(*atime, *mtime)
    _told(_libc.utimensat(_AT_FDCWD, path.encode(), times, 0))


def rename(old_folder: int, old: bytes, new_folder: int, new: bytes, flags: int) -> None:
    """Call renameat2(2), with its flags: do not replace, exchange."""
    _told(_libc.renameat2(old_folder, old, new_folder, new, flags))


def act_as(uid: int, gid: int) -> None:
    """What this thread makes in the file system from now on belongs to *uid* and *gid*."""
    _libc.setfsgid(gid)
    _libc.setfsuid(uid)


def _told(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
