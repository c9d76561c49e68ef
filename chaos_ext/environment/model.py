"""What an environment is, as values: targets, what may be done to them, and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chaos_ext.words import nearest, shown

Kind = Literal["native", "docker", "remote"]
Systems = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Target:
    """A name that a probe or a fault may use.

    *allow* lists the faults permitted on it; None leaves that to the environment. *proxy* is
    the name of the proxy, at the environment's `toxiproxy_url`, that its url leads through.
    """

    name: str
    system: str
    url: str = field(default="", repr=False)  # it may hold a password
    attach: Mapping[str, object] = field(default_factory=dict)
    allow: tuple[str, ...] | None = None
    start: tuple[str, ...] = ()
    stand_in: bool = False
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much harm a run may do, and what no fault may take.

    *reserve_memory_mb* of the machine and *reserve_disk_percent* of a file system are left alone;
    *fill_root* permits to fill the machine's own file system down to that.
    """

    faults_at_once: int = 1
    for_s_max: float = 60.0
    never: tuple[str, ...] = ()
    reserve_memory_mb: int = 512  # of the machine, that no pressure takes
    reserve_disk_percent: float = 10.0  # of a file system that a lab did not make for itself
    fill_root: bool = False  # whether the machine's own file system may be filled, down to that

    def reserves(self) -> dict[str, float]:
        """What a fault must leave alone, in plain values."""
        return {
            "reserve_memory_mb": self.reserve_memory_mb,
            "reserve_disk_percent": self.reserve_disk_percent,
            "fill_root": self.fill_root,
        }


DEFAULT_LIMITS: dict[str, Limits] = {
    "native": Limits(faults_at_once=3, for_s_max=3600.0),
    "remote": Limits(faults_at_once=1, for_s_max=60.0),
}


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a run happens. *allow* None permits every fault that the kind can do."""

    name: str
    kind: Kind
    source: str
    allow: tuple[str, ...] | None = None
    targets: Mapping[str, Target] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    blackouts: tuple[str, ...] = ()
    systems: Systems = field(default_factory=dict)
    toxiproxy_url: str = ""

    def problem_with(self, target: str, where: str) -> list[str]:
        """Why *target*, used at *where*, cannot be found here; empty when it can."""
        if target in self.targets:
            return []
        near = nearest(target, self.targets)
        return [f"{where}: {self.name} has no target {shown(target)}{near}"]

    def problem_with_system(self, system: str, where: str) -> list[str]:
        """Why *system*, used at *where*, cannot be found here; empty when it can."""
        systems = sorted({target.system for target in self.targets.values()})
        if system in systems:
            return []
        return [f"{where}: {self.name} has no system {shown(system)}{nearest(system, systems)}"]
