"""Fill a disk: as logs, dumps or a neighbour do, while the server on it wants to write."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.disk import repair
from chaos_ext.disk.filled import Filled
from chaos_ext.disk.full_rule import FullRule

if TYPE_CHECKING:
    from chaos_ext.disk.repair import Served

RULE, FILLER = "passthrough", "filler"
SMALL_MB = 64  # of each data folder of a lab that is made for this fault


class Means(Protocol):
    """One way to fill it."""

    def look(self) -> dict[str, Any]:
        """What undoing must know; refused where it cannot be done."""

    def inject(self) -> None:
        """Fill it."""

    def landed(self) -> dict[str, Any] | None:
        """What was measured of it, while it is so."""

    def heal(self) -> None:
        """Give the room back."""

    def healed(self) -> bool:
        """Whether it was given back."""


@dataclass(slots=True)
class Full:
    """Leave *leave_mb* on the disk of *target*; all the rest is taken."""

    target: Served
    paths: dict[str, Any] = field(default_factory=dict)
    leave_mb: int = 0
    limits: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    _means: Means | None = field(default=None, init=False)
    name: ClassVar[str] = "full"
    colour: ClassVar[str] = "#e5c07b"
    momentary: ClassVar[bool] = False

    @staticmethod
    def needs_lab() -> dict[str, Any]:
        """A small disk that can be filled indeed, where it may be mounted."""
        return {"disk_mb": SMALL_MB} if os.geteuid() == 0 else {"passthrough": True}

    def look(self) -> dict[str, Any]:
        """By which means; where the folder leads through a pass-through, that says no."""
        way = self.paths[self.target.name]
        repair.refuse_attached(way, self.name)
        self.before = {"by": RULE if way["disk"] else FILLER}
        self.before |= self._made().look()
        return self.before

    def inject(self) -> None:
        """Take the room."""
        self._made().inject()

    def landed(self) -> dict[str, Any] | None:
        """More than is left was refused."""
        return self._made().landed()

    def heal(self) -> None:
        """Give it back."""
        if self.before:
            self._made().heal()

    def healed(self) -> bool:
        """It was given back."""
        return not self.before or self._made().healed()

    def _made(self) -> Means:
        if self._means is None:
            self._means = self._make()
        return self._means

    def _make(self) -> Means:
        if self.before["by"] == RULE:
            return FullRule(
                target=self.target,
                paths=self.paths,
                leave_mb=self.leave_mb,
                before={key: value for key, value in self.before.items() if key != "by"},
            )
        folder = Path(self.paths[self.target.name]["folder"])
        return Filled(self.target, folder, self.leave_mb, self.limits)


FAULT = Full
