"""Make operations of a disk fail: as one does whose sectors, cable or controller are going."""

from __future__ import annotations

import errno as numbers
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.disk.passed import Passed

if TYPE_CHECKING:
    from chaos_ext.disk.tries import Tried, Tries

ALL = 100.0
TIMES = 25  # that each is tried in one look, where not every one fails


@dataclass(slots=True)
class Errors(Passed):
    """Of *ops* on the disk of *target*, *percent* end with *errno*."""

    errno: str = "EIO"
    ops: list[str] = field(default_factory=lambda: ["write", "fsync"])
    percent: float = ALL
    _met: dict[str, list[int]] = field(default_factory=dict, init=False)
    name: ClassVar[str] = "errors"
    colour: ClassVar[str] = "#be5046"

    def rules(self) -> list[dict[str, Any]]:
        """One rule."""
        share = self.percent / ALL
        return [{"do": "fail", "ops": self.ops, "errno": self.errno, "share": share}]

    def is_certain(self) -> bool:
        """Only where all fail."""
        return self.percent >= ALL

    def try_all(self, tries: Tries) -> list[Tried]:
        """Each once, or as often as it may take."""
        times = 1 if self.is_certain() else TIMES
        return [each for _ in range(times) for each in tries.all(self.ops)]

    def shown(self, tried: list[Tried]) -> dict[str, Any] | None:
        """Each kind has met the error."""
        number = getattr(numbers, self.errno)
        for each in tried:
            counted = self._met.setdefault(each.op, [0, 0])
            counted[0] += 1
            counted[1] += each.error == number
        if self.is_certain() and any(each.error != number for each in tried):
            return None
        if not all(failed for _, failed in self._met.values()):
            return None
        return {
            op: f"{failed} of {count}: {self.errno}"
            for op, (count, failed) in self._met.items()
        }

    def gone(self, tried: list[Tried]) -> bool:
        """None has met any."""
        return not any(each.error for each in tried)


FAULT = Errors
