"""The kernel's language over /dev/fuse: the shapes of its questions and of our answers.

Names and layouts are those of the kernel's own `linux/fuse.h`, protocol 7.31 and later.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

MAJOR, MINOR = 7, 36  # what we speak: 36 brought the second word of flags
MINOR_MIN = 31
ROOT_ID = 1
WRITE_BYTES_MAX = 1 << 20
PAGE_BYTES = 4096
VALID_S = 1  # how long the kernel may keep names and attributes; nobody else changes them

# what the kernel offers and we take
ASYNC_READ, BIG_WRITES = 1 << 0, 1 << 5
PARALLEL_DIROPS, MAX_PAGES, INIT_EXT = 1 << 18, 1 << 22, 1 << 30
DIRECT_IO_ALLOW_MMAP = 1 << 36
WANTED = ASYNC_READ | BIG_WRITES | PARALLEL_DIROPS | MAX_PAGES | INIT_EXT | DIRECT_IO_ALLOW_MMAP
# every read and write comes to us: what a page cache answers cannot be slow
OPEN_DIRECT_IO = 1 << 0

IN_HEADER = Struct("<IIQQIIIHH")
OUT_HEADER = Struct("<IiQ")
ATTR = Struct("<QQQQQQIIIIIIIIII")
ENTRY = Struct("<QQQQII")
ATTR_OUT = Struct("<QII")
OPEN_OUT = Struct("<QIi")
WRITE_OUT = Struct("<II")
STATFS_OUT = Struct("<QQQQQIII28x")
DIRENT = Struct("<QQII")
INIT_IN = Struct("<IIII")
INIT_OUT = Struct("<IIIIHHIIHHI28x")
FLAGS2 = Struct("<I")
HANDLE_IN = Struct("<Q")  # release, flush, and others that begin with a handle
GETATTR_IN = Struct("<IIQ")
SETATTR_IN = Struct("<IIQQQQQQIIIIIIII")
OPEN_IN = Struct("<II")
CREATE_IN = Struct("<IIII")
MKNOD_IN = Struct("<IIII")
MKDIR_IN = Struct("<II")
RENAME_IN = Struct("<Q")
RENAME2_IN = Struct("<QII")
LINK_IN = Struct("<Q")
READ_IN = Struct("<QQI20x")
WRITE_IN = Struct("<QQI20x")
FSYNC_IN = Struct("<QII")
FALLOCATE_IN = Struct("<QQQII")
FORGET_IN = Struct("<Q")
BATCH_FORGET_IN = Struct("<II")
FORGET_ONE = Struct("<QQ")
INTERRUPT_IN = Struct("<Q")

GETATTR_FH = 1 << 0
FSYNC_DATA_ONLY = 1 << 0
_BACKGROUND, _CONGESTED = 64, 48  # requests that nobody waits for, such as read-ahead
_FLAGS_LOW = (1 << 32) - 1


class Op(IntEnum):
    """What the kernel asks for."""

    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    SETATTR = 4
    READLINK = 5
    SYMLINK = 6
    MKNOD = 8
    MKDIR = 9
    UNLINK = 10
    RMDIR = 11
    RENAME = 12
    LINK = 13
    OPEN = 14
    READ = 15
    WRITE = 16
    STATFS = 17
    RELEASE = 18
    FSYNC = 20
    FLUSH = 25
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    FSYNCDIR = 30
    CREATE = 35
    INTERRUPT = 36
    DESTROY = 38
    BATCH_FORGET = 42
    FALLOCATE = 43
    RENAME2 = 45


class Valid(IntEnum):
    """Which of the attributes a SETATTR sets."""

    MODE = 1 << 0
    UID = 1 << 1
    GID = 1 << 2
    SIZE = 1 << 3
    ATIME = 1 << 4
    MTIME = 1 << 5
    FH = 1 << 6
    ATIME_NOW = 1 << 7
    MTIME_NOW = 1 << 8


class Request:
    """One question of the kernel; its body is only there until the next one is read."""

    __slots__ = ("body", "gid", "nodeid", "opcode", "pid", "uid", "unique")

    def __init__(self, message: memoryview) -> None:
        (_, self.opcode, self.unique, self.nodeid, self.uid, self.gid, self.pid, _, _) = (
            IN_HEADER.unpack_from(message)
        )
        self.body: memoryview | bytes = message[IN_HEADER.size :]

    def kept(self) -> Request:
        """The same, with a body that stays."""
        self.body = bytes(self.body)
        return self

    def names(self, offset: int = 0) -> list[bytes]:
        """The names that stand in the body from *offset* on."""
        return bytes(self.body[offset:]).split(b"\0")[:-1]


def answer(unique: int, error: int, payload: bytes = b"") -> bytes:
    """A reply as the kernel reads it; *error* is a positive errno, or 0."""
    return OUT_HEADER.pack(OUT_HEADER.size + len(payload), -error, unique) + payload


def initialised(body: memoryview | bytes) -> bytes:
    """The answer to INIT: what we take of what the kernel offers."""
    _, minor, readahead, flags = INIT_IN.unpack_from(body)
    if flags & INIT_EXT and len(body) >= INIT_IN.size + FLAGS2.size:
        flags |= FLAGS2.unpack_from(body, INIT_IN.size)[0] << 32
    taken = flags & WANTED
    return INIT_OUT.pack(
        MAJOR, min(minor, MINOR), readahead, taken & _FLAGS_LOW, _BACKGROUND, _CONGESTED,
        WRITE_BYTES_MAX, 1, WRITE_BYTES_MAX // PAGE_BYTES, 0, taken >> 32,
    )  # fmt: skip


def attributes(stat: os.stat_result) -> bytes:
    """A file's attributes, without what is said of how long they hold."""
    atime, mtime, ctime = stat.st_atime_ns, stat.st_mtime_ns, stat.st_ctime_ns
    return ATTR.pack(
        stat.st_ino, stat.st_size, stat.st_blocks,
        atime // 1_000_000_000 & _U64, mtime // 1_000_000_000 & _U64, ctime // 1_000_000_000 & _U64,
        atime % 1_000_000_000, mtime % 1_000_000_000, ctime % 1_000_000_000,
        stat.st_mode, stat.st_nlink, stat.st_uid, stat.st_gid, stat.st_rdev & _FLAGS_LOW,
        stat.st_blksize, 0,
    )  # fmt: skip


_U64 = (1 << 64) - 1  # times before 1970 wrap round, as the kernel's do


def attr_out(stat: os.stat_result) -> bytes:
    """The answer to GETATTR and SETATTR."""
    return ATTR_OUT.pack(VALID_S, 0, 0) + attributes(stat)


def entry(nodeid: int, stat: os.stat_result) -> bytes:
    """The answer to whatever finds or makes a name."""
    return ENTRY.pack(nodeid, 0, VALID_S, VALID_S, 0, 0) + attributes(stat)


def opened(handle: int, flags: int = OPEN_DIRECT_IO) -> bytes:
    """The answer to OPEN and OPENDIR."""
    return OPEN_OUT.pack(handle, flags, 0)


def dirent(inode: int, offset: int, kind: int, name: bytes) -> bytes:
    """One name of a folder, padded to eight bytes; the next one is asked for from *offset* on."""
    padding = b"\0" * (-(DIRENT.size + len(name)) % 8)
    return DIRENT.pack(inode, offset, len(name), kind) + name + padding
