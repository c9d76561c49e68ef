"""Whether a cluster's files are intact, by PostgreSQL's own tools: one for a server that is down, one for one that runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from chaos_ext import world
from chaos_ext.errors import BadArgument, BinaryMissing, FaultDidNotLand

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: tuple[
    str, ...
] = ()  # a table's file has a number for a name, which only the server knows
ENDS_BY = signal.SIGINT  # fast: it waits for nobody, and writes everything
ENDS_AT_ONCE = signal.SIGQUIT  # its children, too; it writes nothing any more
_TOOL_S_MAX = 60.0
_SAID_MAX = 400
_CLEAN = 0


def find(folder: Path, what: str) -> NoReturn:
    """Nothing has a word of its own here."""
    raise BadArgument(
        f"data: postgres has no {what!r} in {folder}; use what: file with file: base/<database>/<number>, "
        "which pg_relation_filepath('table') tells"
    )


def examine(path: Mapping[str, Any], what: str) -> tuple[bool, str]:  # noqa: ARG001 - all of it
    """Every page by its checksum while the server is down; every table and index while it runs."""
    folder = Path(path["folder"])
    if _runs(folder):
        host, port = path["bind"]
        said = _asked(folder, "pg_amcheck", "--all", "-w", "-h", str(host), "-p", str(port))
    else:
        said = _asked(folder, "pg_checksums", "--check", "-D", str(folder))
    return said


def repair(path: Mapping[str, Any], what: str) -> str:
    """Nothing repairs a page: it comes from a backup."""
    raise BadArgument(
        f"data.repair: nothing repairs the {what} of {path['node']}; PostgreSQL restores from a backup"
    )


def tool(folder: Path, name: str) -> str:
    """The program of that name: on PATH, or Debian's of the version that made *folder*."""
    version = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    of_debian = f"/usr/lib/postgresql/{version}/bin/{name}"
    found = shutil.which(name) or (of_debian if os.access(of_debian, os.X_OK) else "")
    if not found:
        raise BinaryMissing(
            f"{name} is neither on PATH nor at {of_debian}; apt-get install postgresql-{version}"
        )
    return found


def _runs(folder: Path) -> bool:
    """Whether the process that says it uses the folder is there."""
    with suppress(OSError, ValueError, IndexError):
        pid = int((folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        os.kill(pid, 0)
        return True
    return False


def _asked(folder: Path, name: str, *words: str) -> tuple[bool, str]:
    with world.start_process(
        ["/bin/sh", "-c", '"$@" 2>&1', "sh", tool(folder, name), *words], pipes=True
    ) as asked:
        try:
            said, _ = asked.communicate(timeout=_TOOL_S_MAX)
        except subprocess.TimeoutExpired:
            asked.kill()
            raise FaultDidNotLand(f"{name} took longer than {_TOOL_S_MAX:g} s") from None
    text = " ".join(said.decode(errors="replace").split())
    return asked.returncode == _CLEAN, text[:_SAID_MAX]
