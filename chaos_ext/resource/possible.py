"""What faults of resources this machine permits, and by which means: for `chaos doctor`."""

from __future__ import annotations

import resource

from chaos_ext.lab.doctor import Finding
from chaos_ext.resource import cgroups, connection_hog, hog

_AS_ROOT = "as root, with control groups, the kernel limits a server alone"
_BY_GROUP = "by a control group (version {}) of our own"


def checks() -> list[Finding]:
    """One finding a kind of fault whose means depend on the machine."""
    return [_cpu(), _memory(), _processes(), _connections()]


def _cpu() -> Finding:
    why = cgroups.possible("cpu")
    found = f"by hogs that compete with everybody ({why})" if why else _group("cpu")
    return Finding("less of the processors", works=True, found=found, remedy=_AS_ROOT)


def _memory() -> Finding:
    why = cgroups.possible("memory")
    found = f"held by a hog, or by the server's own limit ({why})" if why else _group("memory")
    found += f"; {hog.available_mb()} MB are available"
    return Finding("less memory", works=True, found=found, remedy=_AS_ROOT)


def _processes() -> Finding:
    why = cgroups.possible("pids")
    name = "no more processes"
    return Finding(name, works=not why, found=why or _group("pids"), remedy=_AS_ROOT)


def _connections() -> Finding:
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"up to {files - connection_hog.SPARE_FILES} can be held (ulimit -Hn: {files})"
    return Finding("connections used up", works=True, found=found)


def _group(controller: str) -> str:
    return _BY_GROUP.format(cgroups.hierarchy(controller).version)
