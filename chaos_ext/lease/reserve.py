"""Room beside the ledger that only healing may use: without it a full disk keeps a server from coming back.

A server is started only when its process can be written down, so that nobody is ever left who is
not known. Where the disk has filled up since the fault was begun, that takes the room kept here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 1 << 20  # a healing writes some pages of 4 KiB
_SUFFIX = "-reserve"


def keep(ledger: Path) -> None:
    """Take the room, unless it is kept already; OSError where there is none."""
    place = _place(ledger)
    fd = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(fd).st_size < BYTES:
            os.posix_fallocate(fd, 0, BYTES)
    except OSError:
        with suppress(OSError):  # what was taken of it would be of no use
            place.unlink()
        raise
    finally:
        os.close(fd)


def spend(ledger: Path) -> bool:
    """Give the room to whoever must write now; whether there was any."""
    try:
        _place(ledger).unlink()
    except OSError:
        return False
    return True


def _place(ledger: Path) -> Path:
    return ledger.with_name(ledger.name + _SUFFIX)
