"""Operations that change nothing: finding, listing, attributes, how full it is."""

from __future__ import annotations

import os
import stat as modes
from typing import TYPE_CHECKING

from chaos_ext.passthrough import protocol
from chaos_ext.passthrough.protocol import (
    BATCH_FORGET_IN,
    FORGET_IN,
    FORGET_ONE,
    GETATTR_FH,
    GETATTR_IN,
    HANDLE_IN,
    READ_IN,
    STATFS_OUT,
)

if TYPE_CHECKING:
    from chaos_ext.passthrough.folder import Folder
    from chaos_ext.passthrough.protocol import Request


def lookup(folder: Folder, request: Request) -> bytes:
    """The file of a name."""
    return protocol.entry(*folder.inodes.find(request.nodeid, request.names()[0]))


def forget(folder: Folder, request: Request) -> None:
    """The kernel knows a file no more."""
    folder.inodes.forget(request.nodeid, FORGET_IN.unpack_from(request.body)[0])


def batch_forget(folder: Folder, request: Request) -> None:
    """The kernel knows many files no more."""
    count, _ = BATCH_FORGET_IN.unpack_from(request.body)
    for number in range(count):
        offset = BATCH_FORGET_IN.size + number * FORGET_ONE.size
        folder.inodes.forget(*FORGET_ONE.unpack_from(request.body, offset))


def getattr_(folder: Folder, request: Request) -> bytes:
    """A file's attributes, by its handle where it is open."""
    flags, _, handle = GETATTR_IN.unpack_from(request.body)
    fd = handle if flags & GETATTR_FH else folder.inodes.fd(request.nodeid)
    return protocol.attr_out(os.fstat(fd))


def readlink(folder: Folder, request: Request) -> bytes:
    """Where a symbolic link leads."""
    return os.readlink(b"", dir_fd=folder.inodes.fd(request.nodeid))


def opendir(folder: Folder, request: Request) -> bytes:
    """Open a folder to list it."""
    path = folder.inodes.path(request.nodeid)
    return protocol.opened(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), 0)


def readdir(folder: Folder, request: Request) -> bytes:
    """Names of a folder from an offset on; they are listed anew at every beginning."""
    handle, offset, size = READ_IN.unpack_from(request.body)
    if offset == 0 or handle not in folder.listings:
        folder.listings[handle] = _listed(handle)
    pieces, room = [], size
    rest = folder.listings[handle][offset:]
    for number, (inode, kind, name) in enumerate(rest, offset + 1):
        piece = protocol.dirent(inode, number, kind, name)
        room -= len(piece)
        if room < 0:
            break
        pieces.append(piece)
    return b"".join(pieces)


def _listed(fd: int) -> list[tuple[int, int, bytes]]:
    own = os.fstat(fd).st_ino
    found = [(own, modes.S_IFDIR >> 12, b"."), (own, modes.S_IFDIR >> 12, b"..")]
    with os.scandir(fd) as entries:
        found += [(each.inode(), _kind(each), os.fsencode(each.name)) for each in entries]
    return found


def _kind(entry: os.DirEntry[str]) -> int:
    """The type that a listing tells; 0 where only a closer look would."""
    if entry.is_symlink():
        return modes.S_IFLNK >> 12
    if entry.is_dir(follow_symlinks=False):
        return modes.S_IFDIR >> 12
    return modes.S_IFREG >> 12 if entry.is_file(follow_symlinks=False) else 0


def release(folder: Folder, request: Request) -> bytes:
    """An open file or folder is closed for good."""
    folder.release(HANDLE_IN.unpack_from(request.body)[0])
    return b""


def statfs(folder: Folder, request: Request) -> bytes:
    """How large the disk is, and what is free; a rule may leave less."""
    real = os.fstatvfs(folder.inodes.fd(request.nodeid))
    free, available, room = real.f_bfree, real.f_bavail, folder.rules.room()
    if room is not None:
        blocks = room // real.f_frsize
        free, available = min(free, blocks), min(available, blocks)
    return STATFS_OUT.pack(
        real.f_blocks, free, available, real.f_files, real.f_ffree,
        real.f_bsize, real.f_namemax, real.f_frsize,
    )  # fmt: skip
