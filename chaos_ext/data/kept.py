"""A copy of a server's folder, kept beside it until everything is back: what healing goes by.

The copy is made while the server is down; what it holds is written down, on disk, before the first
byte is spoiled. Whoever finds that list can put everything back, alone, twice, and from any step.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import HealFailed, NotAllowed
from chaos_ext.evidence import files
from chaos_ext.values import OURS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX = "kept-"
_LIST = "list.json"
_libc = ctypes.CDLL(None, use_errno=True)
_SPARE = 1.1  # a disk is not filled by a copy


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a folder (whose size is -1), as it was."""

    name: str
    size: int
    sha256: str
    mode: int
    uid: int
    gid: int


class Kept:
    """The copy that the lease *lease_id* keeps of *folder*."""

    def __init__(self, folder: Path, lease_id: str) -> None:
        """Nothing is copied yet."""
        self.folder = folder
        self.place = folder.parent / f"{_PREFIX}{lease_id}"
        self.copy = self.place / "copy"

    def refuse_without_room(self, fault: str) -> None:
        """Refuse to spoil what could not be kept."""
        needed = int(sum(each.lstat().st_size for each in _below(self.folder)) * _SPARE)
        free = shutil.disk_usage(self.folder.parent).free
        if free < needed:
            raise NotAllowed(
                f"{fault}: a copy of {self.folder} needs {needed / 1e6:.0f} MB, and "
                f"{free / 1e6:.0f} MB are free; what cannot be kept is not spoiled"
            )

    def take(self) -> None:
        """Copy everything, and write down what it is; on disk when this returns."""
        self.place.mkdir(mode=0o700, exist_ok=True)
        entries = []
        for each in (self.folder, *_below(self.folder)):
            name = str(each.relative_to(self.folder))
            info = each.lstat()
            if stat.S_ISDIR(info.st_mode):
                (self.copy / name).mkdir(parents=True, exist_ok=True)
                size, digest = -1, ""
            elif stat.S_ISREG(info.st_mode):
                _copied(each, self.copy / name)
                size, digest = info.st_size, files.sha256(self.copy / name)
            else:
                raise NotAllowed(f"{each} is neither a file nor a folder, so it cannot be kept")
            entries.append(
                Entry(name, size, digest, info.st_mode & 0o7777, info.st_uid, info.st_gid)
            )
        _on_disk(self.copy)
        self._write({"entries": [asdict(each) for each in entries], "restored": False})

    def there(self) -> bool:
        """Whether something was spoiled, or may have been, and the copy is whole."""
        return (self.place / _LIST).exists()

    @property
    def settled(self) -> bool:
        """Whether the data was repaired, and is to be left as it is."""
        return bool(self._list().get("settled"))

    def settle(self) -> None:
        """It was repaired: what is there now is what counts."""
        self._write({**self._list(), "settled": True})

    def restore(self) -> None:
        """Put everything back as it was, and see that it is; nobody may use the folder meanwhile."""
        told = self._list()
        if told["restored"]:
            return
        entries = [Entry(**each) for each in told["entries"]]
        _remove_others(self.folder, {each.name for each in entries})
        for entry in entries:
            self._put(entry)
        _on_disk(self.folder)
        wrong = [entry.name for entry in entries if not _is(self.folder / entry.name, entry)]
        if wrong:
            raise HealFailed(
                f"{self.folder / wrong[0]} differs from the copy after it was put back; "
                f"the copy is in {self.copy}"
            )
        self._write({**told, "restored": True})

    def remove(self) -> None:
        """It is needed no more; the list goes last, so that half of a copy is never trusted."""
        (self.place / _LIST).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.place)

    def _put(self, entry: Entry) -> None:
        here = self.folder / entry.name
        if entry.size < 0:
            here.mkdir(exist_ok=True)
        elif not _is(here, entry):
            _copied(self.copy / entry.name, here)
        here.chmod(entry.mode)
        if os.geteuid() == 0:
            os.chown(here, entry.uid, entry.gid)

    def _list(self) -> dict[str, Any]:
        found: dict[str, Any] = files.read_json(self.place / _LIST)
        return found

    def _write(self, told: dict[str, Any]) -> None:
        files.write_json(self.place / _LIST, told)


def beside(folder: Path) -> list[Kept]:
    """Every whole copy that is kept of *folder*."""
    found = sorted(folder.parent.glob(f"{_PREFIX}*/{_LIST}"))
    return [Kept(folder, each.parent.name.removeprefix(_PREFIX)) for each in found]


def _below(folder: Path) -> Iterator[Path]:
    """Everything in it but for what faults of ours try there, a folder before what is in it."""
    return (each for each in sorted(folder.rglob("*")) if not each.name.startswith(OURS))


def _copied(here: Path, there: Path) -> None:
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(here, there)


def _on_disk(folder: Path) -> None:
    """Have the disk keep all of it: one call for a thousand files."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{folder} cannot be written: {os.strerror(number)}")
    finally:
        os.close(descriptor)


def _is(here: Path, entry: Entry) -> bool:
    if entry.size < 0:
        return here.is_dir()
    return (
        here.is_file()
        and here.stat().st_size == entry.size
        and files.sha256(here) == entry.sha256
    )


def _remove_others(folder: Path, names: set[str]) -> None:
    for each in sorted(_below(folder), reverse=True):  # what is in a folder before the folder
        if str(each.relative_to(folder)) not in names:
            each.rmdir() if each.is_dir() and not each.is_symlink() else each.unlink()
