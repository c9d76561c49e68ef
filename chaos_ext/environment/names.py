"""Names of targets: the nodes and roles a lab will have, and which names may mean the same server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from chaos_ext.environment.model import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.environment.model import Systems

_NODE = re.compile(r"(?P<group>.+)-\d+")


def native_targets(systems: Systems) -> dict[str, Target]:
    """Every target of the labs that *systems* describe, by name."""
    names = {
        name: system for system, settings in systems.items() for name in _of(system, settings)
    }
    return {name: Target(name, system) for name, system in names.items()}


def _of(system: str, settings: Mapping[str, object]) -> list[str]:
    if "workers" in settings:  # they are all alike, and none has a role
        workers = cast("int", settings["workers"])
        return [f"{system}-{number}" for number in range(1, workers + 1)]
    replicas, sentinels = (
        cast("int", settings.get(key, 0)) for key in ("replicas", "sentinels")
    )
    nodes = [f"{system}-{number}" for number in range(1, replicas + 2)]
    roles = [f"{system}-primary", *([f"{system}-replica"] if replicas else [])]
    return [*nodes, *roles, *(f"sentinel-{number}" for number in range(1, sentinels + 1))]


def may_be_the_same(first: str, second: str) -> bool:
    """Whether two names may mean one server: a role is some node of its group, as yet unknown."""
    if first == second:
        return True
    node = _NODE.fullmatch(first) or _NODE.fullmatch(second)
    if not node or (_NODE.fullmatch(first) and _NODE.fullmatch(second)):
        return False
    role = second if node[0] == first else first
    return role.rpartition("-")[0] == node["group"]
