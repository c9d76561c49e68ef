"""What the probes of a disk find out, by a file of our own in the data folder, removed again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chaos_ext import world
from chaos_ext.disk import filler
from chaos_ext.disk.filler import MB
from chaos_ext.disk.trial import Trial
from chaos_ext.disk.tries import Tried, Tries
from chaos_ext.errors import BadArgument, TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Found = TypeVar("Found")


def free_mb(path: Mapping[str, Any], timeout_s: float) -> float:
    """Megabytes that may still be written."""
    folder = _folder(path, "free_mb")
    free: int = _within(timeout_s, path, "free_mb", lambda: filler.available(folder))
    return round(free / MB, 3)


def write_ms(path: Mapping[str, Any], timeout_s: float) -> float:
    """Milliseconds that one small write takes until it is on the disk."""
    folder = _folder(path, "write_ms")

    def write() -> float:
        with _Tried(folder) as tries:
            return sum((each.ms for each in _done(tries)), 0.0)

    try:
        return round(_within(timeout_s, path, "write_ms", write), 3)
    except OSError as error:
        raise TargetUnreachable(
            f"disk.write_ms: the disk of {path['node']}: {error.strerror}"
        ) from error


def writable(path: Mapping[str, Any], timeout_s: float) -> bool:
    """Whether a file can be made there, written and seen on the disk."""
    folder = _folder(path, "writable")

    def write() -> bool:
        try:
            with _Tried(folder) as tries:
                return bool(_done(tries))
        except OSError:
            return False

    return _within(timeout_s, path, "writable", write)


class _Tried:
    """A file of this question alone."""

    def __init__(self, folder: Path) -> None:
        self._tries = Tries(folder, f"probe-{world.token()}")

    def __enter__(self) -> Tries:
        try:
            self._tries.open()
        except OSError:
            self._tries.close()
            raise
        return self._tries

    def __exit__(self, *_: object) -> None:
        self._tries.close()


def _done(tries: Tries) -> list[Tried]:
    done = tries.all(("write", "fsync"))
    for each in done:
        if each.error:
            raise OSError(each.error, f"{each.op} is refused")
    return done


def _folder(path: Mapping[str, Any], probe: str) -> Path:
    if not path["folder"]:
        raise BadArgument(
            f"disk.{probe}: nobody knows where {path['node']} keeps its data; name a server of a "
            "lab that does"
        )
    return Path(path["folder"])


def _within(
    timeout_s: float, path: Mapping[str, Any], probe: str, look: Callable[[], Found]
) -> Found:
    found = Trial(look).found(timeout_s)
    if found is None:
        raise TargetUnreachable(
            f"disk.{probe}: the disk of {path['node']} has not answered within {timeout_s:g} s"
        )
    return found
