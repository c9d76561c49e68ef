"""Small questions that the faults of data have in common: whose folder, which file, what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SAID_MAX = 300


def refuse_foreign(fault: str, path: Mapping[str, Any]) -> None:
    """Refuse the data of servers that are not ours, and of those that keep none."""
    node = path["node"]
    if path["owner"] == "attached":
        raise NotAllowed(
            f"data.{fault}: {node} is not ours, and its data may be the only copy; use a lab"
        )
    if not path["folder"]:
        raise NotAllowed(f"data.{fault}: {node} keeps no data that we know of")


def inside(folder: Path, name: str) -> Path:
    """The file *name* of *folder*; refuse what leads out of it, and what is no file."""
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise BadArgument(f"data.corrupt: file: {name!r} is no file inside {folder}")
    return folder.resolve() / found.relative_to(folder.resolve())


def last(folder: Path) -> str:
    """The last line of the newest log in *folder*."""
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for log in logs:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return lines[-1][-_SAID_MAX:]
    return ""


def piece(file: Path, begin: int, count: int) -> bytes:
    """So many bytes of a file."""
    with file.open("rb") as opened:
        opened.seek(begin)
        return opened.read(count)
