"""Rows of fixed size, appended while a run lasts: they survive the SIGKILL of their writer.

A writer appends whole rows with one `write` each; a torn tail is cut off on reading. Three shapes:
a *step* (one for "asked", one for "answered", so that an unanswered question is seen), an
*arrival* (one row for a request of the load, written when it is over) and a *look* (what one
process used at one moment).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

WRITE, READ = 0, 1
ASKED, ANSWERED = 0, 1
OK, FAILED, UNKNOWN, DROPPED = 0, 1, 2, 3
KINDS = ("write", "read")
OUTCOMES = ("ok", "failed", "unknown", "dropped")
ERRORS = (
    "",  # none
    "refused",  # nobody listened
    "timeout",  # no answer within the deadline
    "lost",  # the connection ended after the request was sent
    "readonly",  # who answered takes no writes
    "no primary",  # nobody could name one
    "error",  # the server answered with another error
    "wrong value",  # the server answered with something we never wrote
)

STEP = np.dtype(
    [
        ("part", "u1"),  # ASKED or ANSWERED
        ("kind", "u1"),  # WRITE or READ
        ("outcome", "u1"),  # meaningful when ANSWERED
        ("error", "u1"),  # index into ERRORS
        ("seq", "<u4"),  # which operation; a write's key and value follow from it
        ("intended_ns", "<i8"),  # when the schedule wanted it
        ("at_ns", "<i8"),  # when it was sent (ASKED), when it was over (ANSWERED)
        ("peer", "<u8"),  # who was asked: ipv4 << 16 | port; 0 when nobody
    ]
)
ARRIVAL = np.dtype(
    [
        ("kind", "u1"),
        ("outcome", "u1"),  # OK, FAILED or DROPPED
        ("error", "u1"),
        ("pad", "u1"),
        ("seq", "<u4"),
        ("intended_ns", "<i8"),
        ("sent_ns", "<i8"),  # 0 when dropped
        ("finished_ns", "<i8"),
    ]
)
LOOK = np.dtype(
    [
        ("target", "S64"),  # the node
        ("pid", "<i8"),  # of its process; -1 when none was alive
        ("intended_ns", "<i8"),
        ("at_ns", "<i8"),
        # -1 from here on where nobody knows, or nothing is limited
        ("memory_bytes", "<i8"),  # resident
        ("memory_server_bytes", "<i8"),  # as the server itself counts ...
        ("memory_server_limit_bytes", "<i8"),  # ... and limits it
        ("memory_group_bytes", "<i8"),  # of its control group, without what can be dropped
        ("memory_group_limit_bytes", "<i8"),
        ("cpu_ns", "<i8"),  # used since the process began
        ("cpu_cores", "<f8"),  # that it may use; NaN where nobody knows
        ("cpu_periods", "<i8"),  # of its control group's quota, since that began
        ("cpu_periods_throttled", "<i8"),
        ("cpu_throttled_ns", "<i8"),
        ("files", "<i8"),
        ("files_allowed", "<i8"),
        ("connections", "<i8"),
        ("connections_allowed", "<i8"),
        ("disk_bytes", "<i8"),  # used, where its data is
        ("disk_total_bytes", "<i8"),
        ("inodes", "<i8"),
        ("inodes_total", "<i8"),
        ("net_in_bytes", "<i8"),  # as the server counts, since it began
        ("net_out_bytes", "<i8"),
        ("threads", "<i8"),
    ]
)


class RowWriter:
    """Appends packed rows to a file; every `put` is one write to the kernel."""

    def __init__(self, path: Path) -> None:
        """Open *path* for appending."""
        self._fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def put(self, packed: bytes) -> None:
        """Append one row, or several in one piece."""
        os.write(self._fd, packed)

    def close(self) -> None:
        """Close the file; the kernel has everything already."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1  # its number will be another file's


def read_rows(
    path: Path, shape: np.dtype[np.void]
) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """All whole rows of *path*; none when it does not exist."""
    if not path.exists():
        return np.zeros(0, dtype=shape)
    data = path.read_bytes()
    return np.frombuffer(data[: len(data) - len(data) % shape.itemsize], dtype=shape)


def tail(
    path: Path, shape: np.dtype[np.void], count: int
) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """The last *count* whole rows of *path*, without reading the rest."""
    if not path.exists():
        return np.zeros(0, dtype=shape)
    with path.open("rb") as file:
        whole = file.seek(0, os.SEEK_END) // shape.itemsize
        file.seek(max(0, whole - count) * shape.itemsize)
        data = file.read(min(count, whole) * shape.itemsize)
    return np.frombuffer(data[: len(data) - len(data) % shape.itemsize], dtype=shape)


def pack_peer(host: str, port: int) -> int:
    """An IPv4 address and port as one number."""
    a, b, c, d = (int(part) for part in host.split("."))
    return (a << 24 | b << 16 | c << 8 | d) << 16 | port


def peer_text(peer: int) -> str:
    """The address and port that `pack_peer` packed; empty for nobody."""
    if not peer:
        return ""
    host = peer >> 16
    return f"{host >> 24}.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}:{peer & 0xFFFF}"
