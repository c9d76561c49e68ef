"""Files that are whole or absent, because half a table is worse than none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from chaos_ext.errors import ReportsUnwritable

if TYPE_CHECKING:
    from pathlib import Path


def write_bytes(path: Path, data: bytes) -> None:
    """Put *data* at *path* in one step that a crash cannot halve, and have the disk keep it."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _keep_names(path.parent)
    except OSError as problem:
        raise ReportsUnwritable(
            f"{path}: cannot be written ({problem.strerror}); free the disk or choose another folder"
        ) from problem


def _keep_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
