"""A file of our own in a data folder, and every kind of operation tried on it in earnest."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.values import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

GROW = "grow"
_PAGE = b"\0" * 4096
OPS = ("fsync", "write", "read", "open", "create", "unlink", "rename", "truncate", "mkdir")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one operation: how long it took, and its errno; 0 when it was done."""

    op: str
    ms: float
    error: int


class Tries:
    """Operations on a file named after *name*, which is made before any harm is done."""

    def __init__(self, folder: Path, name: str) -> None:
        """Nothing is made."""
        self._path = folder / f"{OURS}{name}"
        self._other = folder / f"{OURS}{name}-other"
        self._fd = -1

    def open(self) -> None:
        """Make the file; one that a dead process left is taken."""
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.pwrite(self._fd, _PAGE, 0)
        os.fsync(self._fd)

    @property
    def fd(self) -> int:
        """A descriptor of the file."""
        return self._fd

    def close(self) -> None:
        """Remove all that bears its name, as far as the disk lets us; twice does no harm."""
        if self._fd >= 0:
            with suppress(OSError):  # it is closed all the same, also when its mount is dead
                os.close(self._fd)
            self._fd = -1
        for path in (self._path, self._other):
            with suppress(OSError):
                path.unlink()
        with suppress(OSError):
            self._other.rmdir()

    def all(self, ops: Iterable[str]) -> list[Tried]:
        """Try each of *ops* once."""
        return [self.once(op) for op in ops]

    def once(self, op: str) -> Tried:
        """Try one operation; what must be there before, and goes again afterwards, is not timed."""
        prepare, do, undo = getattr(self, f"_{op}")
        with suppress(OSError):
            prepare()
        began_ns, error = world.monotonic_ns(), 0
        try:
            do()
        except OSError as problem:
            error = problem.errno or 0
        took_ms = (world.monotonic_ns() - began_ns) / 1e6
        with suppress(OSError):
            undo()
        return Tried(op, took_ms, error)

    def grow(self, size_bytes: int) -> Tried:
        """Take so much more room, and give it back."""
        began_ns, error = world.monotonic_ns(), 0
        try:
            os.posix_fallocate(self._fd, len(_PAGE), size_bytes)
        except OSError as problem:
            error = problem.errno or 0
        took_ms = (world.monotonic_ns() - began_ns) / 1e6
        with suppress(OSError):
            os.ftruncate(self._fd, len(_PAGE))
        return Tried(GROW, took_ms, error)

    @property
    def _read(self) -> _Steps:
        return _nothing, lambda: os.pread(self._fd, 1, 0), _nothing

    @property
    def _write(self) -> _Steps:
        return _nothing, lambda: os.pwrite(self._fd, b"x", 0), _nothing

    @property
    def _fsync(self) -> _Steps:
        return _nothing, lambda: os.fsync(self._fd), _nothing

    @property
    def _truncate(self) -> _Steps:
        return _nothing, lambda: os.ftruncate(self._fd, len(_PAGE)), _nothing

    @property
    def _open(self) -> _Steps:
        return _nothing, lambda: os.close(os.open(self._path, os.O_RDONLY)), _nothing

    @property
    def _create(self) -> _Steps:
        return self._absent, self._made, self._absent

    @property
    def _unlink(self) -> _Steps:
        return self._made, self._other.unlink, _nothing

    @property
    def _rename(self) -> _Steps:
        return (
            self._absent,
            lambda: self._path.rename(self._other),
            lambda: self._other.rename(self._path),
        )

    @property
    def _mkdir(self) -> _Steps:
        return self._absent, self._other.mkdir, self._other.rmdir

    def _made(self) -> None:
        os.close(os.open(self._other, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))

    def _absent(self) -> None:
        self._other.unlink(missing_ok=True)


def _nothing() -> None:
    """What is prepared, or undone, where nothing need be."""


if TYPE_CHECKING:
    _Steps = tuple[Callable[[], object], Callable[[], object], Callable[[], object]]
