"""Leave a server little memory: by taking it up, by a limit of the kernel, or by the server's own limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.resource import cgroups, insides
from chaos_ext.resource.memory_hold import MemoryHold
from chaos_ext.resource.memory_limit import MemoryLimit
from chaos_ext.resource.memory_server import MemoryServer
from chaos_ext.resource.taking import Taken, Taking
from chaos_ext.resource.values import Checked

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity

HOLD, LIMIT, SERVER = MEANS = ("hold", "limit", "server")
LANDS_S = 20.0  # a gigabyte takes a second, and a busy machine takes its time


class Sized(Protocol):
    """A server with a process on this machine, which can be started again when it ends of this."""

    identity: Identity
    lease_id: str
    name: str
    node: str

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def replaced(self) -> bool:
        """Whether the server runs as another process already."""

    def can_start(self) -> bool:
        """Whether anybody told how to start it again."""

    def start_again(self) -> None:
        """Start it again, unless it runs."""

    def settled(self) -> bool:
        """Whether it serves, and still does a moment later; raises when it has ended."""

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds* has this server in hand."""


@dataclass(slots=True)
class Memory(Taking):
    """Hold *mb* megabytes, or leave *target* no more than *headroom_mb* beyond what it has."""

    target: Sized
    paths: dict[str, Any] = field(default_factory=dict)
    mb: int = 0
    headroom_mb: int = 0
    by: str = ""
    limits: dict[str, Any] = field(default_factory=dict)
    name: ClassVar[str] = "memory"
    colour: ClassVar[str] = "#61afef"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """By which means, and all that undoing it needs; refused where too little would be left."""
        self.before = {"by": self.by or self._choice()}
        self.before |= self._made().look()
        return self.before

    def clear(self) -> None:
        """The target is gone: leave no group behind, and no hog."""
        by = self.before.get("by")
        if by == LIMIT:
            self._limit().clear(self.before)
        elif by == HOLD:
            self.heal()
        else:  # a limit of the server's own went with it; whoever is there by now has another
            self.before = {}

    def _choice(self) -> str:
        """What the server keeps itself is refused in good order; the kernel's limit ends it."""
        if self.mb:
            return HOLD
        way = self.paths[self.target.name]
        if insides.knows(way["system"], "limit_memory"):
            return SERVER
        if why := cgroups.possible("memory"):
            Checked(self.name).refuse(f"headroom_mb on {self.target.node}: {why}; say mb")
        return LIMIT

    def _make(self) -> Taken:
        if self.before["by"] == HOLD:
            return MemoryHold(self.target, self.mb, self.limits)
        if self.before["by"] == SERVER:
            way = self.paths[self.target.name]
            return MemoryServer(self.target, self.headroom_mb, way)
        return self._limit()

    def _limit(self) -> MemoryLimit:
        return MemoryLimit(self.target, self.headroom_mb, self.limits)


FAULT = Memory
