"""The ground under the campaign's ledger: a tiny disk in memory that can be filled up."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import see_kernel

if TYPE_CHECKING:
    from pathlib import Path

BYTES = 24 << 20  # room for the ledger of some thousand runs
_BIND, _PRIVATE, _LAZILY = 4096, 1 << 18, 2  # MS_BIND, MS_PRIVATE, MNT_DETACH
_CHUNK = 1 << 20
FILLER = "ledger.db-filler"  # begins as the ledger's files do, which are no strangers there
_libc = ctypes.CDLL(None, use_errno=True)


def possible() -> bool:
    """Whether we may mount."""
    return os.geteuid() == 0


def prepare(state: Path, labs: Path) -> None:
    """Mount it at *state*; labs are beside it, so that it is the ledger's alone."""
    give_back(state)
    for folder in (state, labs):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _mount(b"chaos_ext_crash", state, b"tmpfs", 0, f"size={BYTES},mode=0700".encode())
    (state / "labs").mkdir(mode=0o700)
    _mount(os.fsencode(labs), state / "labs", None, _BIND, None)
    _mount(None, state / "labs", None, _PRIVATE, None)  # what is mounted there is only there


def _mount(
    what: bytes | None, place: Path, kind: bytes | None, flags: int, data: bytes | None
) -> None:
    if _libc.mount(what, os.fsencode(place), kind, flags, data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot mount {place}: {os.strerror(number)}")


def give_back(state: Path) -> None:
    """Unmount whatever is mounted there, the newest first."""
    for place, _ in reversed(see_kernel.mounts()):
        if place == str(state) or place.startswith(f"{state}/"):
            _libc.umount2(os.fsencode(place), _LAZILY)


def fill(state: Path) -> None:
    """Leave no room at all; others may write meanwhile."""
    with (state / FILLER).open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(_CHUNK)):
            pass


def free(state: Path) -> None:
    """Give the room back."""
    (state / FILLER).unlink(missing_ok=True)
