"""One lease in the guardian's hands: what is asked of its fault, whatever that answers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import HealFailed
from chaos_ext.lease import fault as faults

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Lease
    from chaos_ext.lease.target import Target

LATE_S_MIN = 0.2  # less than that is a busy machine


@dataclass(slots=True)
class Held:
    """One lease, its fault, and what the fault is done to."""

    lease: Lease
    fault: faults.Fault
    target: Target
    landed: bool = False
    healing_ns: int = 0  # when it was begun, on the boot-time clock
    undone: bool = False  # as far as the fault knows; nobody has seen it yet
    why: str = ""  # it ends
    early: bool = False

    def is_due(self) -> bool:
        """Whether its time is over."""
        return self.lease.deadline_ns <= world.boottime_ns()

    def missing(self) -> str:
        """Why the fault is not in place any more; empty while it is."""
        try:
            return "" if self.fault.landed() is not None else "ended before its time"
        except Exception as error:  # noqa: BLE001 - what nobody can look at is no test
            why = faults.in_words(error)
            return f"nobody can see any more whether it is in place: {why}"

    def heal(self) -> None:
        """Undo it, once; again when that failed."""
        self.healing_ns = self.healing_ns or world.boottime_ns()
        if not self.undone:
            self.fault.heal()
            self.undone = True

    def try_to_heal(self) -> None:
        """Undo it at once; it is tried again, and looked at, by whoever tells what comes of it."""
        with suppress(Exception):
            self.heal()

    def clear(self) -> str:
        """Its target is gone for good: leave nothing of it; what has stayed, in words."""
        try:
            faults.clear(self.fault)
        except HealFailed as error:
            return str(error)
        except Exception:  # noqa: BLE001 - whatever is left of it hurts nobody
            return ""
        return ""

    def heal_when_due(self) -> None:
        """Undo it when its time is over."""
        if self.landed and not self.healing_ns and self.is_due():
            self.try_to_heal()

    def deadline(self) -> str:
        """That its time is over, and by how much, if anybody would notice."""
        late_s = ((self.healing_ns or world.boottime_ns()) - self.lease.deadline_ns) / 1e9
        return "deadline" if late_s < LATE_S_MIN else f"deadline, missed by {late_s:.1f} s"
