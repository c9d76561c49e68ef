"""Where a run's evidence lies, and how to find it again by a short name."""

from __future__ import annotations

import difflib
import json
import os
import re
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import ReportsUnwritable, RunUnreadable

if TYPE_CHECKING:
    from datetime import datetime

LATEST = "latest"
EVENTS = "events.jsonl"
_COLLISIONS = 1000


def create(root: Path, experiment: str, now: datetime) -> Path:
    """Make the folder of a new run under *root* and point `latest` at it."""
    above = root / _folder_name(experiment)
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    try:
        above.mkdir(parents=True, exist_ok=True)
        folder = _make_new(above, stamp)
        _point_latest_at(folder)
    except OSError as problem:
        raise ReportsUnwritable(
            f"{above}: evidence cannot be kept there ({problem.strerror}); choose another folder"
        ) from problem
    return folder


def find(run: str | Path, root: Path) -> Path:
    """The folder that *run* means: a folder, an experiment's name (its latest run) or a token."""
    wanted = Path(run)
    for guess in (wanted, root / wanted):
        if _is_run(guess):
            return guess.resolve()
        if _is_run(guess / LATEST):
            return (guess / LATEST).resolve()
    known = {folder: _token(folder) for folder in _runs(root)}
    if str(run) == LATEST and known:
        return max(known, key=lambda folder: folder.stat().st_mtime_ns).resolve()
    for folder, token in known.items():
        if str(run) in (token, folder.name) and token:
            return folder.resolve()
    raise RunUnreadable(f"no run {str(run)!r} under {root}; {_nearest(str(run), root, known)}")


def _make_new(above: Path, stamp: str) -> Path:
    for number in range(1, _COLLISIONS):
        folder = above / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(17, "too many runs in one second")


def _point_latest_at(folder: Path) -> None:
    beside = folder.parent / f".{LATEST}-{world.token()}"
    beside.symlink_to(folder.name)
    try:
        beside.replace(folder.parent / LATEST)
    except OSError:
        beside.unlink()
        raise


def _folder_name(experiment: str) -> str:
    # A name may come from a title: it must neither leave the root nor hide.
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", experiment).strip("._")
    return "experiment" if name in ("", LATEST) else name


def _is_run(folder: Path) -> bool:
    return (folder / EVENTS).is_file()


def _runs(root: Path) -> list[Path]:
    found = root.glob(f"*/*/{EVENTS}")
    return sorted(path.parent for path in found if not path.parent.is_symlink())


def _token(folder: Path) -> str:
    try:
        with (folder / EVENTS).open("rb") as file:
            first = json.loads(file.readline())
        return str(first.get("run", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _nearest(run: str, root: Path, known: dict[Path, str]) -> str:
    names = {folder.parent.name for folder in known}
    names |= {os.path.relpath(folder, root) for folder in known}
    names |= {token for token in known.values() if token}
    if near := difflib.get_close_matches(run, sorted(names), n=1, cutoff=0.5):
        return f"did you mean {near[0]!r}?"
    experiments = sorted({folder.parent.name for folder in known})
    return f"known: {', '.join(experiments[:8])}" if experiments else "there is no run at all"
