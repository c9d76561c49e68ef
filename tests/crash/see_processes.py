"""Looks at the processes: who is left, who is missing, who stands still, who may do less than before."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROC = Path("/proc")
_CPUS, _TRACER = "Cpus_allowed_list", "TracerPid"  # lines of /proc/<pid>/status
_PRIORITY, _NICE, _START = 15, 16, 19  # fields of /proc/<pid>/stat after the name


@dataclass(frozen=True, slots=True)
class Process:
    """One living process that was started with our state folder in its environment."""

    pid: int
    start: int  # with the pid it is that process and no other
    words: str
    cwd: str
    threads: str  # a state letter each


def processes(state: Path) -> list[Process]:
    """All living processes, and no zombies, that live in *state* or have it as CHAOS_STATE.

    The servers write their title over their environment, so they are known by where they live.
    """
    mark, inside = f"CHAOS_STATE={state}".encode(), f"{state}/"
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError, ValueError, IndexError):  # it may end while it is read
                known = mark in (entry / "environ").read_bytes().split(b"\0")
                if known or str((entry / "cwd").readlink()).startswith(inside):
                    found.append(_read(entry))
    return [process for process in found if process.threads.strip("ZX")]


def _read(entry: Path) -> Process:
    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    cwd, start = str((entry / "cwd").readlink()), int(_stat(entry)[_START])
    return Process(int(entry.name), start, words.strip()[:90], cwd, letters(int(entry.name)))


def letters(pid: int) -> str:
    """The state of every thread of *pid*."""
    found = []
    with suppress(OSError):
        for thread in (PROC / str(pid) / "task").iterdir():
            with suppress(OSError):
                found.append(_stat(thread)[0])
    return "".join(found)


def lives(pid: int, start: int) -> bool:
    """Whether that very process lives, also one that is no longer known by where it lives."""
    with suppress(OSError, ValueError, IndexError):
        stat = _stat(PROC / str(pid))
        return int(stat[_START]) == start and stat[0] not in "ZX"
    return False


def _stat(entry: Path) -> list[str]:
    text = (entry / "stat").read_text(errors="replace")
    return text[text.rindex(")") + 2 :].split()


def sort(folder: Path, names: list[str], alive: list[Process]) -> dict[str, list[Process]]:
    """*alive* by the node that each is; by an empty name those that are none.

    A server lives in its node's folder, or below it where it keeps its data.
    """
    found: dict[str, list[Process]] = {name: [] for name in ["", *names]}
    for process in alive:
        inside = Path(process.cwd).is_relative_to(folder)
        name = Path(process.cwd).relative_to(folder).parts[:1] if inside else ()
        found[name[0] if name and name[0] in found else ""].append(process)
    return found


def problems(sorted_: Mapping[str, list[Process]]) -> list[str]:
    """Whoever is one too many or too few, or stands still."""
    found = [f"process {p.pid} is left: {p.words}" for p in sorted_[""]]
    for name, servers in sorted_.items():
        if name and len(servers) != 1:
            found.append(f"{name} runs as {len(servers)} processes")
        found += [
            f"{name} stands still: {p.threads}"
            for p in servers
            if name and set("tT") & set(p.threads)
        ]
    return found


def facts(name: str, pid: int) -> Iterator[tuple[str, str]]:
    """What *name* may do, as the kernel tells it: limits, groups, CPUs, who holds it."""
    place = PROC / str(pid)
    with suppress(OSError):
        for line in (place / "limits").read_text().splitlines()[1:]:
            yield f"{line[:26].strip()} of {name}", " ".join(line[26:].split())
        for line in (place / "cgroup").read_text().splitlines():
            _, controller, group = line.split(":", 2)
            yield f"control group ({controller or 'unified'}) of {name}", group
        yield f"oom_score_adj of {name}", (place / "oom_score_adj").read_text().strip()
        stat = _stat(place)
        yield f"priority of {name}", f"{stat[_PRIORITY]}, nice {stat[_NICE]}"
        for line in (place / "status").read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key in (_CPUS, _TRACER):
                yield f"{key} of {name}", value.strip()


def sockets(pids: list[int]) -> set[int]:
    """The inodes of the sockets that *pids* hold."""
    return {
        int(link[8:-1]) for pid in pids for link in links(pid) if link.startswith("socket:[")
    }


def links(pid: int) -> list[str]:
    """What the open files of *pid* are called."""
    found = []
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.append(str(entry.readlink()))
    return found
