"""Leave a server few files to open: its limit is lowered while it runs, so connections are files it cannot open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.errors import TargetGone
from chaos_ext.resource import limits
from chaos_ext.resource.doors import Door, Guests
from chaos_ext.resource.values import ASKED_MAX

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity

LANDS_S = 5.0


class Opening(Protocol):
    """A process on this machine, which opens files."""

    identity: Identity
    name: str

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds* has this server in hand."""


@dataclass(slots=True)
class Files:
    """Let the process of *target* open no more than *left* files beyond those it has open."""

    target: Opening
    paths: dict[str, Any] = field(default_factory=dict)
    left: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    _limit: int = field(default=0, init=False)
    _guests: Guests | None = field(default=None, init=False)
    _measured: dict[str, Any] | None = field(default=None, init=False)
    name: ClassVar[str] = "files"
    colour: ClassVar[str] = "#56b6c2"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """Its limits as they are; whoever may not see its files may not change them either."""
        self.target.refuse_beside("resource.files", __name__)
        soft, hard = limits.of(self._pid)
        limits.open_files(self._pid)
        self.before = {"soft": soft, "hard": hard}
        return self.before

    def inject(self) -> None:
        """Lower the soft limit; the hard one stays, so that it can be put back without root."""
        opened = limits.open_files(self._pid)
        self._limit = min(limits.limit_for(opened, self.left), int(self.before["soft"]))
        limits.put(self._pid, (self._limit, self.before["hard"]))

    def landed(self) -> dict[str, Any] | None:
        """The kernel says so, and one connection more than there are files is not served."""
        if self.target.ended() or limits.of(self._pid)[0] != self._limit:
            return None
        if self._measured is None:
            self._measure()
        return None if self._measured is None else dict(self._measured)

    def heal(self) -> None:
        """Put the limits back as they were; a process that is gone has none."""
        if self._guests:
            self._guests.leave()
        if self.before and not self.target.ended():
            try:
                limits.put(self._pid, (self.before["soft"], self.before["hard"]))
            except TargetGone:  # it ended just now
                return

    def healed(self) -> bool:
        """They are as they were, or the process is gone."""
        if not self.before or self.target.ended():
            return True
        try:
            return limits.of(self._pid) == (self.before["soft"], self.before["hard"])
        except TargetGone:
            return True

    @property
    def _pid(self) -> int:
        return self.target.identity.pid

    def _measure(self) -> None:
        told = {"limit": self._limit, "open": len(limits.open_files(self._pid)), "unserved": 0}
        door = Door.of(self.paths[self.target.name])
        if not door.known or self.left >= ASKED_MAX:  # nobody to ask, or too many to try
            self._measured = told
            return
        self._guests = self._guests or Guests(door, self.left + 1)
        unserved = self._guests.unserved()
        if unserved:
            self._measured = {**told, "unserved": unserved}
        elif unserved == 0:  # it has closed files meanwhile
            self.inject()


FAULT = Files
