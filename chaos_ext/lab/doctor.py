"""Look at the machine: each ability tried in earnest where that does no harm."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import ChaosExtError
from chaos_ext.lab import binaries, native
from chaos_ext.lease import identity, state
from chaos_ext.lease.ledger import Ledger
from chaos_ext.lease.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

DISK_FREE_MB_MIN = 512
OPEN_FILES_MIN = 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One ability: whether it is there, what was seen, what would bring it."""

    name: str
    works: bool
    found: str
    remedy: str = ""
    needed: bool = False  # for the main job: native lab, process faults, evidence


def examine() -> list[Finding]:
    """Everything we know how to look for."""
    return [look() for look in LOOKS]


def _python() -> Finding:
    versions = (
        f"Python {platform.python_version()}, chaostoolkit {metadata.version('chaostoolkit')}"
    )
    versions += f", chaostoolkit-lib {metadata.version('chaostoolkit-lib')}"
    return Finding("python and host", sys.version_info >= (3, 11), versions, needed=True)


def _kernel() -> Finding:
    found = f"{platform.system()} {platform.release()}"
    works = hasattr(os, "pidfd_open") and Path("/proc/self/stat").exists()
    remedy = "native needs Linux 5.3 or later (or WSL2); elsewhere use docker or remote"
    return Finding("linux, pidfds", works, found, remedy, needed=True)


def _redis() -> Finding:
    source = native.system("redis").BINARY
    try:
        binary = binaries.find(source)
    except ChaosExtError as error:
        return Finding(
            "redis servers", works=False, found=str(error), remedy=source.remedy, needed=True
        )
    found = f"{binary.path} ({binary.found}): {binary.version()}; order: {source.order()}"
    return Finding("redis servers", works=True, found=found, needed=True)


def _loopback() -> Finding:
    address = ("127.64.1.1", 0)
    remedy = (
        "native gives each node an address of 127.0.0.0/8; allow them on the loopback interface"
    )
    with socket.socket() as probe:
        try:
            probe.bind(address)
        except OSError as error:
            return Finding(
                "loopback addresses", works=False, found=str(error), remedy=remedy, needed=True
            )
    return Finding(
        "loopback addresses", works=True, found="127.64.0.0/10 can be used", needed=True
    )


def _ledger() -> Finding:
    try:
        ledger = Ledger()
        ledger.change("create table if not exists tried (a)")
        ledger.change("drop table tried")
    except ChaosExtError as error:
        return Finding("ledger", works=False, found=str(error), needed=True)
    return Finding("ledger", works=True, found=str(ledger.path), needed=True)


def _reports() -> Finding:
    root = Path(os.environ.get("CHAOS_REPORTS") or "reports").absolute()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    remedy = "run in a folder you may write to, or set CHAOS_REPORTS"
    return Finding("reports", os.access(there, os.W_OK), str(root), remedy, needed=True)


def _disk() -> Finding:
    free_mb = shutil.disk_usage(state.labs_folder()).free // 1_000_000
    remedy = f"labs want {DISK_FREE_MB_MIN} MB; free some, or set CHAOS_STATE"
    return Finding(
        "disk for labs", free_mb >= DISK_FREE_MB_MIN, f"{free_mb} MB free", remedy, needed=True
    )


def _open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    remedy = f"ulimit -n {min(hard, 8192)}: otherwise load is capped, and says so"
    return Finding("open files", soft >= OPEN_FILES_MIN, f"{soft} (up to {hard})", remedy)


def _ptrace() -> Finding:
    child = world.start_process([sys.executable, "-c", "input()"], pipes=True)
    try:
        identity.of(child.pid)
        Tracer(child.pid).release()
    except OSError as error:
        remedy = "pause works all the same, by SIGSTOP under the guardian's deadline"
        return Finding("pause held by the kernel", works=False, found=str(error), remedy=remedy)
    finally:
        child.communicate(b"\n")
    return Finding("pause held by the kernel", works=True, found="ptrace of our own processes")


def _cgroups() -> Finding:
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    found = "version 2" if unified else "version 1 or none"
    return Finding(
        "control groups", os.geteuid() == 0, found, "some faults of resources need root"
    )


def _docker() -> Finding:
    remedy = "start a Docker engine; nothing of the native environment needs it"
    with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.connect("/var/run/docker.sock")
        return Finding("docker", works=True, found="an engine answers on its socket")
    return Finding("docker", works=False, found="no engine answers", remedy=remedy)


def _left() -> Finding:
    leases = Ledger().leases()
    labs = native.all_labs(Ledger())
    found = f"{_counted(len(leases), 'fault')} in place, {_counted(len(labs), 'lab')} up"
    remedy = "chaos heal; a run that is still going on is ended by it, and heals its own"
    return Finding("nothing left behind", not leases, found, remedy)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


LOOKS: tuple[Callable[[], Finding], ...] = (
    _python, _kernel, _redis, _loopback, _ledger, _reports, _disk,
    _open_files, _ptrace, _cgroups, _docker, _left,
)  # fmt: skip
