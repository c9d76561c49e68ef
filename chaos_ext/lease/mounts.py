"""What is mounted below a folder of ours, as the kernel tells it, and how it is given back."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

from chaos_ext import world

_LAZILY = 2  # MNT_DETACH: also when somebody is inside, or nobody answers any more
_PLACE = 4  # column of mountinfo
_PATIENCE_S = 5.0
_libc = ctypes.CDLL(None, use_errno=True)


def below(folder: Path) -> list[str]:
    """The mount points at *folder* and below it, by their real paths, the newest first."""
    text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    places = [_plain(line.split()[_PLACE]) for line in text.splitlines()]
    # the folder may lead through a link, which the kernel's table does not; what lies over the
    # folder itself is not looked at: it may be dead
    top = f"{os.path.realpath(folder.parent)}/{folder.name}"
    return [each for each in reversed(places) if each == top or each.startswith(f"{top}/")]


def release(folder: Path) -> list[str]:
    """Unmount all of them, whoever is inside; those that are still there, in words."""
    for place in below(folder):
        _unmount(place)
    return [f"{place} is still mounted" for place in below(folder)]


def _unmount(place: str) -> None:
    if os.geteuid() == 0:
        _libc.umount2(os.fsencode(place), _LAZILY)  # `release` looks whether it did
        return
    helper = shutil.which("fusermount3") or shutil.which("fusermount")
    if helper:
        with world.start_process([helper, "-u", "-z", place]) as asked:
            try:
                asked.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                asked.kill()


def _plain(text: str) -> str:
    """A path as mountinfo writes it, with its octal escapes undone."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text
