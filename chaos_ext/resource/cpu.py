"""Leave a server little of the processors: by a quota of the kernel, or by hogs that compete with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.resource import cgroups
from chaos_ext.resource.cpu_hogs import CpuHogs
from chaos_ext.resource.cpu_quota import CpuQuota
from chaos_ext.resource.taking import Taken, Taking
from chaos_ext.resource.values import Checked

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity

CGROUP, HOGS = MEANS = ("cgroup", "hogs")
HOGS_PERCENT_MAX = 80.0  # less than that cannot be taken from it evenly
LANDS_S = 10.0  # measured again and again where others keep the machine busy for a moment


class Running(Protocol):
    """A server with a process on this machine."""

    identity: Identity
    lease_id: str
    node: str

    def ended(self) -> bool:
        """Whether that very process has ended."""


@dataclass(slots=True)
class Cpu(Taking):
    """Leave *target* *percent* of one core, all its processes together."""

    target: Running
    percent: float = 20.0
    by: str = ""
    name: ClassVar[str] = "cpu"
    colour: ClassVar[str] = "#e5c07b"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """By which means, and all that undoing it needs; refused where nothing would be taken."""
        by = self.by or (HOGS if cgroups.possible("cpu") else CGROUP)
        check = Checked(self.name)
        pid = self.target.identity.pid
        cores = allowance(pid)
        if self.percent >= cores * 100:
            check.refuse(
                f"{self.target.node} may use {cores:g} cores, so percent must be below "
                f"{cores * 100:g}, not {self.percent:g}"
            )
        if by == HOGS and self.percent > HOGS_PERCENT_MAX:
            check.refuse(
                f"without root hogs must take it, and cannot leave {self.percent:g} percent; "
                f"say at most {HOGS_PERCENT_MAX:g}, or run as root"
            )
        self.before = {"by": by}
        self.before |= self._made().look()
        return self.before

    def landed(self) -> dict[str, Any] | None:
        """It gets as much as asked for; measured with helpers that want more."""
        if self.target.ended():
            return None
        return Taking.landed(self)

    def clear(self) -> None:
        """The target is gone: leave no group behind."""
        self.heal()

    def _make(self) -> Taken:
        kind = CpuQuota if self.before["by"] == CGROUP else CpuHogs
        return kind(self.target, self.percent)


def allowance(pid: int) -> float:
    """How many cores *pid* may use as it is: those it may run on, or less by a quota."""
    found = float(len(os.sched_getaffinity(pid)))
    if cgroups.possible("cpu"):
        return found
    tree = cgroups.hierarchy("cpu")
    quotas = [_quota(group, tree.version) for group in tree.ancestors(tree.home(pid))]
    return min([found, *(each for each in quotas if each)])


def _quota(group: Any, version: int) -> float:
    """In cores; 0 for none."""
    if version == 1:
        quota = cgroups.number(group / "cpu.cfs_quota_us") or -1
        period = cgroups.number(group / "cpu.cfs_period_us") or 1
        return quota / period if quota > 0 else 0.0
    words = cgroups.read(group / "cpu.max").split()
    return int(words[0]) / int(words[1]) if words and words[0] != "max" else 0.0


FAULT = Cpu
