"""Which operation answers which question of the kernel, and what a rule may know it by."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext.passthrough import files, looking, names
from chaos_ext.passthrough.protocol import (
    HANDLE_IN,
    OPEN_IN,
    READ_IN,
    SETATTR_IN,
    Op,
    Valid,
)
from chaos_ext.passthrough.rules import CHANGING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.passthrough.folder import Folder
    from chaos_ext.passthrough.protocol import Request

SMALL_BYTES_MAX = 128 << 10  # more than that is copied beside the loop


@dataclass(frozen=True, slots=True)
class Operation:
    """How one question is answered."""

    kinds: tuple[str, ...]  # by which rules know it; the first one is counted
    do: Callable[[Folder, Request], bytes | None]
    may_take_long: bool = False  # the disk decides: it must not keep the others


OPERATIONS: dict[int, Operation] = {
    Op.LOOKUP: Operation(("lookup",), looking.lookup),
    Op.GETATTR: Operation(("getattr",), looking.getattr_),
    Op.SETATTR: Operation(("setattr",), files.setattr_),
    Op.READLINK: Operation(("readlink",), looking.readlink),
    Op.SYMLINK: Operation(("symlink",), names.symlink),
    Op.MKNOD: Operation(("create",), names.mknod),
    Op.MKDIR: Operation(("mkdir",), names.mkdir),
    Op.UNLINK: Operation(("unlink",), names.unlink),
    Op.RMDIR: Operation(("rmdir",), names.rmdir),
    Op.RENAME: Operation(("rename",), names.rename),
    Op.RENAME2: Operation(("rename",), names.rename2),
    Op.LINK: Operation(("link",), names.link),
    Op.OPEN: Operation(("open",), files.open_),
    Op.CREATE: Operation(("create", "open"), files.create),
    Op.READ: Operation(("read",), files.read),
    Op.WRITE: Operation(("write",), files.write),
    Op.STATFS: Operation(("statfs",), looking.statfs),
    Op.FSYNC: Operation(("fsync",), files.fsync, may_take_long=True),
    Op.FSYNCDIR: Operation(("fsync",), files.fsync, may_take_long=True),
    Op.FLUSH: Operation(("flush",), files.flush),
    Op.OPENDIR: Operation(("readdir",), looking.opendir),
    Op.READDIR: Operation(("readdir",), looking.readdir),
    Op.FALLOCATE: Operation(("fallocate",), files.fallocate, may_take_long=True),
}
# Letting go is never hurt: the kernel waits for no answer, and does not ask again.
LETTING_GO: dict[int, Callable[[Folder, Request], bytes | None]] = {
    Op.FORGET: looking.forget,
    Op.BATCH_FORGET: looking.batch_forget,
    Op.RELEASE: looking.release,
    Op.RELEASEDIR: looking.release,
}


def kinds(folder: Folder, operation: Operation, request: Request) -> tuple[str, ...]:
    """All by which rules know this very request."""
    if request.opcode == Op.SETATTR and SETATTR_IN.unpack_from(request.body)[0] & Valid.SIZE:
        return ("truncate",)
    if request.opcode == Op.WRITE and _is_synchronous(folder, request):
        return ("write", "fsync")
    return operation.kinds


def changes(operation: Operation, request: Request) -> bool:
    """Whether it would change the disk; to open a file for writing counts."""
    if request.opcode == Op.OPEN:
        flags, _ = OPEN_IN.unpack_from(request.body)
        return bool(flags & (os.O_ACCMODE | os.O_TRUNC))
    return operation.kinds[0] in CHANGING


def beside(folder: Folder, operation: Operation, request: Request) -> bool:
    """Whether it is done beside the loop, by a thread that may wait for the disk."""
    if folder.rules.full and request.opcode not in (Op.FSYNC, Op.FSYNCDIR):
        return False  # room is counted in one place
    if request.opcode in (Op.READ, Op.WRITE):
        _, _, size = READ_IN.unpack_from(request.body)
        return bool(size > SMALL_BYTES_MAX) or _is_synchronous(folder, request)
    return operation.may_take_long


def _is_synchronous(folder: Folder, request: Request) -> bool:
    return HANDLE_IN.unpack_from(request.body)[0] in folder.synchronous
