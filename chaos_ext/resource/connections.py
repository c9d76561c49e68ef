"""Use a server's connections up: they are really opened, and held until the lease ends."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.resource import hogs, insides
from chaos_ext.resource.connection_hog import SPARE_FILES
from chaos_ext.resource.doors import Door, Guests
from chaos_ext.resource.hogs import Hog
from chaos_ext.resource.values import ASKED_MAX

if TYPE_CHECKING:
    from types import ModuleType

HELD_MAX = 20_000  # an address of ours has 28,000 ports
LANDS_S = 30.0  # ten thousand take a second, through a proxy ten


class Served(Protocol):
    """A server that has an address; its process may be elsewhere."""

    lease_id: str
    name: str
    node: str

    def ended(self) -> bool:
        """Whether its process, if it is here, has ended."""


@dataclass(slots=True)
class Connections:
    """Hold so many connections to *target* that *left* more are possible."""

    target: Served
    paths: dict[str, Any] = field(default_factory=dict)
    left: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    _hog: Hog | None = field(default=None, init=False)
    _held: int | None = field(default=None, init=False)
    _guests: Guests | None = field(default=None, init=False)
    _measured: bool = field(default=False, init=False)
    name: ClassVar[str] = "connections"
    colour: ClassVar[str] = "#98c379"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """How many there are and may be; refused where we could not open as many."""
        used, allowed = self._inside().connections(self._door().address)
        wanted = allowed - used - self.left
        _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = min(HELD_MAX, files - SPARE_FILES)
        if wanted > most:
            raise NotAllowed(
                f"resource.connections: {self.target.node} allows {allowed} connections and has {used}; "
                f"to leave {self.left}, {wanted} would have to be held, and {most} are possible "
                f"(ulimit -Hn: {files}); raise the limit, or say left: {allowed - used - most}"
            )
        if wanted <= 0:
            raise NotAllowed(
                f"resource.connections: {self.target.node} has {allowed - used} connections left as "
                f"it is; make left less than that, not {self.left}"
            )
        self.before = {"used": used, "allowed": allowed}
        return self.before

    def inject(self) -> None:
        """Start the one who holds them."""
        (host, port), hello = self._door().address, self._inside().HELLO
        words = (host, port, hello.hex() or "-")
        self._hog = Hog(self.target.lease_id, *words, module=hogs.CONNECTIONS)

    def landed(self) -> dict[str, Any] | None:
        """One more than is left is refused; then, while they are held: as others leave, more are."""
        if self._hog is None or not self._hog.alive() or self.target.ended():
            return None
        self._top_up()
        if self._held is None:
            return None
        if not self._measured:
            self._measured = self._refused()
        return {"held": self._held, **self.before} if self._measured else None

    def heal(self) -> None:
        """End whoever holds them; the kernel closes them."""
        for each in (self._guests, self._hog):
            if each:
                each.leave() if isinstance(each, Guests) else each.end()
        self._guests, self._hog = None, None
        hogs.end_left(self.target.lease_id)

    def healed(self) -> bool:
        """Nobody holds any, and a new one is served; a server that is gone serves none."""
        if hogs.left(self.target.lease_id):
            return False
        door = self._door()
        if self.target.ended() or not door.known:
            return True
        self._guests = self._guests or Guests(door, 1)
        return self._guests.unserved() == 0

    def _top_up(self) -> None:
        """Once it has said how many it holds, have it open those that are missing by now."""
        assert self._hog
        said = self._hog.said()
        if said is None:
            return
        if not said.get("ready"):
            self._held = int(said["held"])
        self._hog.go(str(self._missing()))

    def _missing(self) -> int:
        try:
            used, allowed = self._inside().connections(self._door().address)
        except TargetUnreachable:  # nobody gets in: that is what was asked for
            return 0
        return max(0, min(int(allowed) - int(used) - self.left, HELD_MAX - (self._held or 0)))

    def _refused(self) -> bool:
        """Whether the last of as many as are left, and one more, is not served."""
        if self.left >= ASKED_MAX:  # too many to try; the server has told how many there are
            return self._missing() == 0
        self._guests = self._guests or Guests(self._door(), self.left + 1)
        return bool(self._guests.unserved())

    def _door(self) -> Door:
        return Door.of(self.paths[self.target.name])

    def _inside(self) -> ModuleType:
        found: ModuleType = insides.inside(
            self.paths[self.target.name]["system"], "connections"
        )
        return found


FAULT = Connections
