"""Make a disk read-only: as the kernel does with a file system it has found to be broken."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.disk.passed import Passed

if TYPE_CHECKING:
    from chaos_ext.disk.tries import Tried, Tries

_CHANGING = ("write", "create", "rename", "truncate")
_LOOKING = ("read", "open")


@dataclass(slots=True)
class ReadOnly(Passed):
    """Whatever would change the disk of *target* is refused; reading goes on."""

    name: ClassVar[str] = "read_only"
    colour: ClassVar[str] = "#56b6c2"

    def rules(self) -> list[dict[str, Any]]:
        """One rule."""
        return [{"do": "read_only"}]

    def try_all(self, tries: Tries) -> list[Tried]:
        """What changes, and what only looks."""
        return tries.all((*_CHANGING, *_LOOKING))

    def shown(self, tried: list[Tried]) -> dict[str, Any] | None:
        """All that changes is refused, and nothing else."""
        if any((each.error == errno.EROFS) != (each.op in _CHANGING) for each in tried):
            return None
        return {"refused": "EROFS", "tried": list(_CHANGING), "still_done": list(_LOOKING)}

    def gone(self, tried: list[Tried]) -> bool:
        """Nothing is refused."""
        return not any(each.error for each in tried)


FAULT = ReadOnly
