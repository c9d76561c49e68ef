"""Operations on what is in files: open, read, write, make durable, make shorter or longer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos_ext.passthrough import protocol, syscalls
from chaos_ext.passthrough.folder import no_space
from chaos_ext.passthrough.protocol import (
    CREATE_IN,
    FALLOCATE_IN,
    FSYNC_DATA_ONLY,
    FSYNC_IN,
    OPEN_IN,
    READ_IN,
    SETATTR_IN,
    WRITE_IN,
    WRITE_OUT,
    Valid,
)

if TYPE_CHECKING:
    from chaos_ext.passthrough.folder import Folder
    from chaos_ext.passthrough.protocol import Request

# The kernel has seen to these: it tells where to append, and our buffers are not aligned.
_SEEN_TO = os.O_NOFOLLOW | os.O_NOCTTY | os.O_APPEND | os.O_DIRECT
_MADE = os.O_CREAT | os.O_EXCL
_PERMISSIONS = 0o7777


def open_(folder: Folder, request: Request) -> bytes:
    """Open a file; O_TRUNC comes as a SETATTR of its own."""
    flags, _ = OPEN_IN.unpack_from(request.body)
    path = folder.inodes.path(request.nodeid)
    fd = os.open(path, flags & ~(_SEEN_TO | _MADE) | os.O_CLOEXEC)
    return protocol.opened(folder.opened(fd, flags))


def create(folder: Folder, request: Request) -> bytes:
    """Make a file and open it."""
    flags, mode, _, _ = CREATE_IN.unpack_from(request.body)
    name = request.names(CREATE_IN.size)[0]
    flags |= os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with folder.as_caller(request):
        there = folder.inodes.fd(request.nodeid)
        fd = os.open(name, flags & ~(os.O_APPEND | os.O_DIRECT), mode, dir_fd=there)
    try:
        entry = protocol.entry(*folder.inodes.find(request.nodeid, name))
    except OSError:
        os.close(fd)
        raise
    return entry + protocol.opened(folder.opened(fd, flags))


def read(folder: Folder, request: Request) -> bytes:  # noqa: ARG001 - a handle says it all
    """Bytes of an open file."""
    handle, offset, size = READ_IN.unpack_from(request.body)
    return os.pread(handle, size, offset)


def write(folder: Folder, request: Request) -> bytes:
    """Write bytes into an open file; on a disk that becomes full, as many as there is room for."""
    handle, offset, size = WRITE_IN.unpack_from(request.body)
    data = request.body[WRITE_IN.size : WRITE_IN.size + size]
    if not folder.rules.full:
        return WRITE_OUT.pack(os.pwrite(handle, data, offset), 0)
    before = os.fstat(handle).st_size
    grows = max(0, offset + size - before)
    fits = size - grows + folder.rules.granted(grows)
    if size and fits <= 0:
        raise no_space()
    written = os.pwrite(handle, data[:fits], offset)
    folder.rules.used(max(0, offset + written - before))
    return WRITE_OUT.pack(written, 0)


def fsync(folder: Folder, request: Request) -> bytes:  # noqa: ARG001 - a handle says it all
    """See an open file or folder on the disk."""
    handle, flags, _ = FSYNC_IN.unpack_from(request.body)
    if flags & FSYNC_DATA_ONLY:
        os.fdatasync(handle)
    else:
        os.fsync(handle)
    return b""


def flush(folder: Folder, request: Request) -> bytes:  # noqa: ARG001 - nothing is kept back
    """One of those who have a file open closes it."""
    return b""


def fallocate(folder: Folder, request: Request) -> bytes:
    """Reserve or give back room within a file."""
    handle, offset, length, mode, _ = FALLOCATE_IN.unpack_from(request.body)
    grows = 0
    if folder.rules.full:
        stat = os.fstat(handle)
        keeps_size = mode & syscalls.FALLOC_KEEP_SIZE
        grows = offset + length - (stat.st_blocks * 512 if keeps_size else stat.st_size)
        folder.grow(max(0, grows))
    syscalls.fallocate(handle, mode, offset, length)
    return b""


def setattr_(folder: Folder, request: Request) -> bytes:
    """Change mode, owner, size and times; by its handle where it is open."""
    said = SETATTR_IN.unpack_from(request.body)
    valid, handle, size = said[0], said[2], said[3]
    path = folder.inodes.path(request.nodeid)
    if valid & Valid.MODE:
        os.chmod(path, said[11] & _PERMISSIONS)  # noqa: PTH101 - a path that leads to a descriptor
    if valid & (Valid.UID | Valid.GID):
        uid = said[13] if valid & Valid.UID else -1
        gid = said[14] if valid & Valid.GID else -1
        os.chown(path, uid, gid)
    if valid & Valid.SIZE:
        _resize(folder, handle if valid & Valid.FH else path, size)
    if valid & (Valid.ATIME | Valid.MTIME):
        syscalls.set_times(
            path,
            _time(valid & Valid.ATIME, valid & Valid.ATIME_NOW, said[5], said[8]),
            _time(valid & Valid.MTIME, valid & Valid.MTIME_NOW, said[6], said[9]),
        )
    return protocol.attr_out(os.fstat(folder.inodes.fd(request.nodeid)))


def _resize(folder: Folder, where: int | str, size: int) -> None:
    if folder.rules.full:
        folder.grow(size - os.stat(where).st_size)  # noqa: PTH116 - it may be a descriptor
    os.truncate(where, size)


def _time(is_set: int, now: int, seconds: int, nanoseconds: int) -> tuple[int, int]:
    if not is_set:
        return 0, syscalls.UTIME_OMIT
    return (0, syscalls.UTIME_NOW) if now else (seconds, nanoseconds)
