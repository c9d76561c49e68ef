"""Which file of a server's folder is which, and what its own tools say of them.

The tools are the server itself under another name. Each file is looked at by itself: the check of a
whole append-only file by its manifest does not know the base files of Valkey 9.
"""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import BadArgument, FaultDidNotLand

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = ("append_only", "rdb")
ENDS_BY = signal.SIGTERM
ENDS_AT_ONCE = signal.SIGKILL
_TOOL_S_MAX = 60.0
_NUMBERED = re.compile(r"\.(\d+)\.incr\.aof$")
_SAID_MAX = 400


def find(folder: Path, what: str) -> Path:
    """The newest increment of the append-only file, or the snapshot."""
    if what not in WORDS:
        raise BadArgument(f"data: redis has no {what!r}; it has {', '.join(WORDS)}")
    found = _increments(folder) if what == "append_only" else sorted(folder.glob("*.rdb"))
    if not found or not found[-1].stat().st_size:
        raise BadArgument(f"data: {folder} has no {what} file with anything in it")
    return found[-1]


def _increments(folder: Path) -> list[Path]:
    """The oldest first."""
    found = [each for each in folder.glob("*/*.incr.aof") if _NUMBERED.search(each.name)]
    return sorted(found, key=lambda each: int(_NUMBERED.search(each.name)[1]))  # type: ignore[index]


def examine(path: Mapping[str, Any], what: str) -> tuple[bool, str]:
    """Whether every file of *what* is valid, and what is said of the first that is not."""
    folder = Path(path["folder"])
    find(folder, what)
    whole = [(each, "rdb") for each in sorted(folder.glob("*.rdb"))]
    if what == "append_only":
        whole = [(each, "rdb") for each in sorted(folder.glob("*/*.base.rdb"))]
        whole += [(each, "aof") for each in _increments(folder)]
    said = ""
    for file, kind in whole:
        valid, said = _asked(path["program"], kind, str(file))
        if not valid:
            return False, f"{file.name}: {said}"
    return True, said


def repair(path: Mapping[str, Any], what: str) -> str:
    """Cut the append-only file off where it cannot be read any more."""
    if what != "append_only":
        raise BadArgument(f"data.repair: nothing repairs the {what} of redis; use append_only")
    fixed = [
        _asked(path["program"], "aof", "--fix", str(each))
        for each in _increments(Path(path["folder"]))
    ]
    if not all(valid for valid, _ in fixed):
        raise FaultDidNotLand(
            f"data.repair: {next(said for valid, said in fixed if not valid)}"
        )
    return fixed[-1][1]


def _asked(program: str, kind: str, *words: str) -> tuple[bool, str]:
    """What the check of that kind answers; it asks before it cuts, and is told yes."""
    with TemporaryDirectory() as folder:
        tool = Path(folder) / f"redis-check-{kind}"
        tool.symlink_to(Path(program).resolve())
        with world.start_process([tool, *words], pipes=True) as asked:
            try:
                said, _ = asked.communicate(b"y\n", timeout=_TOOL_S_MAX)
            except subprocess.TimeoutExpired:
                asked.kill()
                raise FaultDidNotLand(
                    f"{tool.name} {words[-1]} took longer than {_TOOL_S_MAX:g} s"
                ) from None
    return asked.returncode == 0, " ".join(said.decode(errors="replace").split())[-_SAID_MAX:]
