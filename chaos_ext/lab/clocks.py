"""A clock of its own for each server of a lab: libfaketime stands before it and asks a file.

Nothing is cached (FAKETIME_NO_CACHE): a change of the file is seen by the very next question, where
a cache of a second shows it one to two seconds later, and costs Redis as much (docs/decisions/0019).
Only the wall clock can be set: what a server waits for by the monotonic clock stays as it is.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import struct
from ctypes import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BinaryMissing, NotAllowed
from chaos_ext.lease import shared_memory

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab, Node

SETTING = "own_clock"
VARIABLE = "CHAOS_LIBFAKETIME"
LIBRARY = "libfaketimeMT.so.1"  # MT: servers have threads
REMEDY = "apt-get install libfaketime"
RIGHT = "+0 x1"  # without the rate, a rate that was set before would stay
_PLACES = ("/usr/lib/{machine}-linux-gnu/faketime", "/usr/lib64/faketime", "/usr/lib/faketime")
# ticks, index of a file, then real, monotonic, raw and boot time of the start: not yet known
_SHARED = struct.pack("@QQ" + "qq" * 4, 0, 0, *(0, -1) * 4)
_BEGAN_AT = struct.calcsize("@QQ")
_ELF, _ELF_64, _INTERPRETER = b"\x7fELF", 2, 3
_libc = ctypes.CDLL(None, use_errno=True)
_libc.sem_open.restype = ctypes.c_void_p


def library() -> str:
    """The library, from $CHAOS_LIBFAKETIME, Debian's folder, those of others, or ldconfig."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if not Path(chosen).is_file():
            raise BinaryMissing(f"${VARIABLE} names {chosen}, which is no file")
        return chosen
    for place in _PLACES:
        path = Path(place.format(machine=platform.machine())) / LIBRARY
        if path.is_file():
            return str(path)
    by_name = util.find_library("faketimeMT")
    if by_name:
        return by_name
    raise BinaryMissing(
        f"{LIBRARY} is not on this machine (looked at ${VARIABLE}, then "
        f"{', '.join(_PLACES)}, then ldconfig); {REMEDY}"
    )


def under(lab: Lab, node: Node, spec: dict[str, Any]) -> dict[str, Any]:
    """*spec* under libfaketime, with a clock that is right; also whenever it is started again."""
    program = shutil.which(str(spec["argv"][0])) or str(spec["argv"][0])
    if is_static(Path(program)):
        raise NotAllowed(
            f"{node.name}: {program} is linked statically, so nothing can stand before its clock; "
            f"leave {SETTING} away"
        )
    clock = _file(lab, node)
    clock.parent.mkdir(parents=True, exist_ok=True)
    clock.write_text(f"{RIGHT}\n", encoding="ascii")
    shared = f"/{_share(shared_memory.name(lab.id, node.name))}"
    others = [os.environ["LD_PRELOAD"]] if os.environ.get("LD_PRELOAD") else []
    ours = {
        "LD_PRELOAD": ":".join([library(), *others]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_SHARED": f"{shared} {shared}",
        # times of files stay true, and no lock is held that a killed server would never let go of
        "NO_FAKE_STAT": "1",
    }
    return {**spec, "env": {**spec.get("env", {}), **ours}}


def way(lab: Lab, node: Node) -> dict[str, str] | None:
    """The file that the clock of *node* asks, and what tells since when a rate counts."""
    if lab.owner == "attached" or not lab.settings.get(SETTING):
        return None
    shared = shared_memory.PLACE / shared_memory.name(lab.id, node.name)
    return {"file": str(_file(lab, node)), "shared": str(shared)}


def began_s(shared: str) -> float:
    """Since when a rate counts: the first start of the server, on the wall clock."""
    seconds, nanoseconds = struct.unpack_from("@qq", Path(shared).read_bytes(), _BEGAN_AT)
    return float(seconds + nanoseconds / 1e9)


def is_static(program: Path) -> bool:
    """Whether no library can be loaded into it: an ELF file that names no interpreter."""
    with program.open("rb") as file:
        head = file.read(64)
        if not head.startswith(_ELF) or head[4] != _ELF_64:
            return False
        (at,) = struct.unpack_from("=Q", head, 32)
        size, count = struct.unpack_from("=HH", head, 54)
        file.seek(at)
        table = file.read(size * count)
    kinds = {struct.unpack_from("=I", table, size * each)[0] for each in range(count)}
    return _INTERPRETER not in kinds


def _file(lab: Lab, node: Node) -> Path:
    return lab.folder / node.name / "clock"


def _share(name: str) -> str:
    """Make what libfaketime shares between starts; what it makes itself, a kill leaves behind."""
    semaphore = _libc.sem_open(f"/{name}".encode(), os.O_CREAT, 0o600, 1)
    if not semaphore:
        number = ctypes.get_errno()
        raise OSError(number, f"no semaphore {name}: {os.strerror(number)}")
    _libc.sem_close(ctypes.c_void_p(semaphore))
    place = shared_memory.PLACE / name
    place.touch(mode=0o600)
    place.write_bytes(_SHARED)
    return name
