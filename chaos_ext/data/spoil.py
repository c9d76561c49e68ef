"""Bytes of a file turned over, cut off, or gone; and which bytes differ afterwards, as measured."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOWS = ("flip", "truncate", "delete")
PLACES = ("beginning", "middle", "end")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Difference:
    """How a file differs from what it was."""

    first: int  # the first byte that differs
    last: int
    differ: int  # how many do, as far as both files go
    missing: int  # bytes that are there no more


def offset(size: int, at: str, count: int) -> int:
    """Where *count* bytes begin that are at the *at* of a file of *size*, or at that very offset."""
    if at == "beginning":
        return 0
    if at == "end":
        return max(0, size - count)
    if at == "middle":
        return max(0, (size - count) // 2)
    return int(at)


def spoil(file: Path, how: str, begin: int, count: int) -> None:
    """Do it, on disk when this returns; *begin* and *count* say which bytes are turned over."""
    if how == "delete":
        file.unlink()
        return
    with file.open("r+b") as opened:
        if how == "truncate":
            opened.truncate(begin)
        else:
            opened.seek(begin)
            before = opened.read(count)
            opened.seek(begin)
            opened.write(bytes(each ^ 0xFF for each in before))
        opened.flush()
        os.fsync(opened.fileno())


def difference(before: Path, now: Path) -> Difference | None:
    """How the file *now* differs from the one *before*; None when it does not."""
    first = last = -1
    differ = at = 0
    size, left = before.stat().st_size, now.stat().st_size if now.exists() else 0
    if left:
        with before.open("rb") as old, now.open("rb") as new:
            while (mine := old.read(_PIECE)) and (other := new.read(_PIECE)):
                if mine != other:
                    found = [
                        n
                        for n, pair in enumerate(zip(mine, other, strict=False), at)
                        if pair[0] != pair[1]
                    ]
                    if found:
                        first = found[0] if first < 0 else first
                        last, differ = found[-1], differ + len(found)
                at += _PIECE
    missing = max(0, size - left)
    if missing:
        first, last = (left if first < 0 else first), size - 1
    return Difference(first, last, differ, missing) if differ or missing else None
