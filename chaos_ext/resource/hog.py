"""The hog: `python -m chaos_ext.resource.hog LEASE WHAT ...` takes up a resource until it is ended.

It ends with the thread that started it, and is the first that the kernel ends when memory runs
out. It says one line of JSON when it is ready, and again when it is asked something.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import select
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MB = 1 << 20
STEP_MB = 16  # taken between two looks at what the machine has left
FULL = 0.99  # so that what the kernel rounds never makes it more than it was told
LOOK_EVERY_S = 0.05
RESERVE_TOUCHED = 3  # exit code
_OURS_ALONE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
_CHOSEN_FIRST = 1000  # of -1000 to 1000
_libc = ctypes.CDLL(None, use_errno=True)


def busy() -> None:
    """Use a whole core."""
    while True:
        pass


def memory(mb: str, reserve_mb: str) -> int:
    """Be *mb* megabytes in size, really there; give all back when the machine has too little left."""
    taken = []
    wanted_bytes = int(int(mb) * MB * FULL)
    left_bytes = wanted_bytes - resident_bytes()
    while left_bytes >= mmap.PAGESIZE:
        if available_mb() - STEP_MB < int(reserve_mb):
            return RESERVE_TOUCHED
        size = min(STEP_MB * MB, left_bytes) // mmap.PAGESIZE * mmap.PAGESIZE
        piece = mmap.mmap(-1, size, flags=_OURS_ALONE | mmap.MAP_POPULATE)
        for at in range(0, size, mmap.PAGESIZE):
            piece[at] = 1
        taken.append(piece)
        left_bytes = wanted_bytes - resident_bytes()
    tell(held=True, locked=_lock(taken))
    while not _told_to_end(LOOK_EVERY_S):
        if available_mb() < int(reserve_mb):
            return RESERVE_TOUCHED
    return 0


def threads(most: str) -> int:
    """Start as many threads until one is refused; say how many there were."""
    over = threading.Event()
    started = 0
    with suppress(RuntimeError):  # what the limit is there for
        while started < int(most):
            threading.Thread(target=over.wait).start()
            started += 1
    tell(started=started, refused=started < int(most))
    over.set()
    return 0


def resident_bytes(pid: int | str = "self") -> int:
    """How much of a process is in memory."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * mmap.PAGESIZE


def available_mb() -> int:
    """What the machine could still give to somebody."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 // MB
    return 0


def tell(**facts: object) -> None:
    """Say something in a line."""
    os.write(1, json.dumps(facts).encode() + b"\n")


def _lock(pieces: Sequence[mmap.mmap]) -> bool:
    """Keep it from being swapped out, where that is permitted; whether it is."""
    locked = True
    for piece in pieces:
        address = ctypes.addressof(ctypes.c_char.from_buffer(piece))
        locked = _libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(piece))) == 0
        if not locked:
            break
    return locked


def _told_to_end(within_s: float) -> bool:
    return bool(select.select([0], [], [], within_s)[0]) and not os.read(0, 4096)


def main(argv: Sequence[str]) -> int:
    """Get ready, wait until we are told to begin, and take what we are here for."""
    _lease, what, *words = argv
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_CHOSEN_FIRST), encoding="ascii")
    tell(ready=True)
    if not os.read(0, 4096):
        return 0
    if what == "busy":
        busy()
    return memory(*words) if what == "memory" else threads(*words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
