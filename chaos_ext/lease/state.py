"""Where our own state lives: one ledger per user, never one per checkout."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chaos_ext.errors import LedgerUnwritable


def state_folder() -> Path:
    """The folder of the ledger: $CHAOS_STATE, or chaos_ext in the XDG state folder."""
    chosen = os.environ.get("CHAOS_STATE")
    if chosen:
        return _private(Path(chosen).expanduser().absolute())
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return _private(Path(base).expanduser().absolute() / "chaos_ext")


def labs_folder() -> Path:
    """The folder under which each lab has its own.

    Servers run by root may drop to another user, who could not enter root's home.
    """
    if os.geteuid() != 0 or os.environ.get("CHAOS_STATE"):
        return _private(state_folder() / "labs")
    base = _private(Path("/var/tmp") / f"chaos_ext-{os.geteuid()}", mode=0o755)  # noqa: S108
    return _private(base / "labs", mode=0o755)


def _private(folder: Path, mode: int = 0o700) -> Path:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnwritable(
            f"cannot make {folder}: {error.strerror}; set CHAOS_STATE to a folder you own"
        ) from error
    found = folder.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise LedgerUnwritable(
            f"{folder} belongs to somebody else; set CHAOS_STATE to a folder you own"
        )
    return folder
