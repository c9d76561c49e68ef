"""Let a server start no more processes or threads: the kernel counts them in a group of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.resource import own_group
from chaos_ext.resource.hogs import Hog
from chaos_ext.resource.own_group import OwnGroup

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity

CONTROLLER = "pids"
LANDS_S = 5.0
_MOST, _NOW = "pids.max", "pids.current"
_HELPER = 1  # it counts, too


class Starting(Protocol):
    """A process on this machine, which starts threads and processes."""

    identity: Identity
    lease_id: str

    def ended(self) -> bool:
        """Whether that very process has ended."""


@dataclass(slots=True)
class Processes:
    """Let *target* start no more than *left* threads and processes beyond those it has."""

    target: Starting
    left: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    _most: int = field(default=0, init=False)
    _helper: Hog | None = field(default=None, init=False)
    _begun: bool = field(default=False, init=False)
    _measured: dict[str, Any] | None = field(default=None, init=False)
    name: ClassVar[str] = "processes"
    colour: ClassVar[str] = "#d19a66"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """Where its processes are."""
        self.before = own_group.look(self.target.identity.pid, CONTROLLER, self.target.lease_id)
        return self.before

    def inject(self) -> None:
        """Put them where they are counted; then nobody more than *left* gets in."""
        group = OwnGroup(self.before)
        group.make({})
        group.take(self.target.identity.pid)
        self._most = (group.number(_NOW) or 0) + self.left
        group.write(_MOST, self._most)
        self._helper = Hog(self.target.lease_id, "threads", self.left + 1)

    def landed(self) -> dict[str, Any] | None:
        """A helper in the group was refused a thread; then, while the limit stands."""
        group = OwnGroup(self.before)
        stands = group.limited({_MOST: self._most}) and group.holds(self.target.identity.pid)
        if self.target.ended() or not stands:
            return None
        if self._measured is None and self._helper:
            self._measure(group)
        return None if self._measured is None else dict(self._measured)

    def heal(self) -> None:
        """Move them back, and remove the group."""
        self._dismiss()
        if self.before:
            OwnGroup(self.before).give_back()

    def healed(self) -> bool:
        """There is no such group."""
        return not self.before or OwnGroup(self.before).gone()

    def clear(self) -> None:
        """The target is gone: leave no group behind."""
        self.heal()

    def _measure(self, group: OwnGroup) -> None:
        """The kernel lets anybody be moved in, but nobody be started there."""
        assert self._helper
        if not self._begun:
            if self._helper.ready():
                group.admit(self._helper.pid)
                self._helper.go()
                self._begun = True
            return
        said = self._helper.said()
        if said is None:
            return
        self._dismiss()
        if said["refused"]:
            told = {"limit": self._most, "started": said["started"] + _HELPER * bool(self.left)}
            self._measured = {**told, "processes": len(group.members())}

    def _dismiss(self) -> None:
        if self._helper:
            self._helper.end()
            self._helper = None


FAULT = Processes
