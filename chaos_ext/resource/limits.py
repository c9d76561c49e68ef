"""The limit of open files of a process that runs: read, lowered, and put back (prlimit)."""

from __future__ import annotations

import os
import resource
from itertools import count, filterfalse, islice
from pathlib import Path

from chaos_ext.errors import NotAllowed, TargetGone


def open_files(pid: int) -> set[int]:
    """The numbers of the files that *pid* has open."""
    try:
        return {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except FileNotFoundError as error:
        raise TargetGone(f"process {pid} is gone") from error
    except PermissionError as error:
        raise NotAllowed(
            f"nobody but root may see the open files of pid {pid}, who is another user's"
        ) from error


def limit_for(opened: set[int], left: int) -> int:
    """The limit with which *left* more can be opened: the kernel gives the lowest free number."""
    return next(islice(filterfalse(opened.__contains__, count()), left, None))


def of(pid: int) -> tuple[int, int]:
    """The limit of open files of *pid*: soft and hard."""
    return put(pid)


def put(pid: int, limits: tuple[int, int] | None = None) -> tuple[int, int]:
    """Set the limits of *pid*, if any are given; what they were before."""
    try:
        if limits is None:
            return resource.prlimit(pid, resource.RLIMIT_NOFILE)
        return resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    except ProcessLookupError as error:
        raise TargetGone(f"process {pid} is gone") from error
    except PermissionError as error:
        raise NotAllowed(
            f"the limits of pid {pid} may be changed by its own user or by root, "
            f"and we are user {os.geteuid()}"
        ) from error
