"""A disk that is full at its pass-through: files may not grow any more, what is removed gives room back."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.disk import filler
from chaos_ext.disk.filler import MB
from chaos_ext.disk.passed import Passed
from chaos_ext.disk.values import Checked

if TYPE_CHECKING:
    from chaos_ext.disk.tries import Tried, Tries


@dataclass(slots=True)
class FullRule(Passed):
    """Files on the disk of *target* may grow by *leave_mb*, all together."""

    leave_mb: int = 0
    name: ClassVar[str] = "full"

    def rules(self) -> list[dict[str, Any]]:
        """One rule."""
        return [{"do": "full", "left_bytes": self.leave_mb * MB}]

    def refuse_before(self, tried: list[Tried]) -> None:
        """A disk that is as full already."""
        if any(each.error for each in tried):
            Checked(self.name).refuse(
                f"there is no room for {self.leave_mb + 1} MB on the disk of {self.target.node} "
                "already, so there is nothing to take"
            )

    def is_certain(self) -> bool:
        """Whoever removes something has room again, and may."""
        return False

    def try_all(self, tries: Tries) -> list[Tried]:
        """Grow by more than is left."""
        return [tries.grow((self.leave_mb + 1) * MB)]

    def shown(self, tried: list[Tried]) -> dict[str, Any] | None:
        """There is no room for that."""
        if any(each.error != errno.ENOSPC for each in tried):
            return None
        free_mb = filler.available(self.folder) / MB
        return {"by": "passthrough", "free_mb": round(free_mb, 2), "refused": "ENOSPC"}

    def gone(self, tried: list[Tried]) -> bool:
        """There is."""
        return not any(each.error for each in tried)
