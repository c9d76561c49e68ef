"""How much memory is left: to the machine, and to the groups of a process that have a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import NotAllowed
from chaos_ext.resource import cgroups, hog
from chaos_ext.resource.hog import MB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTROLLER = "memory"
_NO_LIMIT = 1 << 60  # version 1 says a number as large as that
_FILES = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
          2: ("memory.max", "memory.current", "inactive_file")}  # fmt: skip
_DEFAULT_RESERVE_MB = 512


def reserve_mb(limits: Mapping[str, Any]) -> int:
    """What must be left, as the environment says."""
    return int(limits.get("reserve_memory_mb", _DEFAULT_RESERVE_MB))


def refuse_beyond(node: str, mb: int, limits: Mapping[str, Any]) -> None:
    """Refuse to take *mb* where the machine would be left with less than its reserve."""
    left = hog.available_mb() - mb
    if left < reserve_mb(limits):
        raise NotAllowed(_words(node, mb, "this machine", left, limits))


def refuse_beyond_group(node: str, mb: int, limits: Mapping[str, Any], pid: int) -> None:
    """Refuse to take *mb* of a group of *pid* that would be left with less than the reserve."""
    tree = cgroups.hierarchy(CONTROLLER)
    for group in tree.ancestors(tree.home(pid)):
        free = group_free_mb(group, tree.version)
        if free is not None and free - mb < reserve_mb(limits):
            raise NotAllowed(_words(node, mb, f"group {group}", free - mb, limits))


def group_free_mb(group: Path, version: int) -> int | None:
    """What *group* may still take, counting what it could give up at once; None without a limit."""
    limit_file, usage_file, cache = _FILES[version]
    limit, usage = cgroups.number(group / limit_file), cgroups.number(group / usage_file)
    if limit is None or usage is None or limit >= _NO_LIMIT:
        return None
    pairs = (line.split() for line in cgroups.read(group / "memory.stat").splitlines())
    reclaimable = {name: int(value) for name, value in pairs}.get(cache, 0)
    return (limit - usage + reclaimable) // MB


def _words(node: str, mb: int, where: str, left: int, limits: Mapping[str, Any]) -> str:
    return (
        f"resource.memory on {node}: {mb} MB would leave {left} MB of {where}, and the reserve is "
        f"{reserve_mb(limits)} MB; take less, or change limits.reserve_memory_mb"
    )
