"""Freeze a process: it keeps its sockets open and answers nobody.

Held by ptrace where that is allowed, so that the kernel lets go when the holder dies; by
SIGSTOP under the guardian's deadline otherwise.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.lease.tracer import Tracer

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity


class Pausable(Protocol):
    """A process that can be held still."""

    identity: Identity

    def send(self, signum: signal.Signals) -> None:
        """Signal that very process."""

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def states(self) -> str:
        """The state letter of each of its threads."""


@dataclass(slots=True)
class Pause:
    """Freeze *target*, as a long garbage collection or a stalled disk would."""

    target: Pausable
    trace: bool = True
    _tracer: Tracer | None = field(default=None, init=False)
    _stopped: bool = field(default=False, init=False)  # told to stop; it may take a moment
    name: ClassVar[str] = "pause"
    colour: ClassVar[str] = "#a0b1e9"
    momentary: ClassVar[bool] = False

    def inject(self) -> None:
        """Hold every thread still."""
        if self.trace:
            try:
                self._tracer = Tracer(self.target.identity.pid)
            except OSError:  # not allowed, or somebody else traces it
                self._tracer = None
        if self._tracer is None:
            self.target.send(signal.SIGSTOP)
            self._stopped = True

    def landed(self) -> dict[str, Any] | None:
        """Every thread of the process stands still."""
        states = self.target.states()
        if self.target.ended() or not states or states.strip("tT"):
            return None
        return {"threads": len(states), "held_by": "ptrace" if self._tracer else "SIGSTOP"}

    def heal(self) -> None:
        """Let it run; one that runs already, or is gone, stays so."""
        if self._tracer:
            self._tracer.release()
            self._tracer = None
        if not self.target.ended() and (self._stopped or "T" in self.target.states()):
            self.target.send(signal.SIGCONT)
            self._stopped = False

    def healed(self) -> bool:
        """No thread of it stands still, or it is gone."""
        return self.target.ended() or not set("tT") & set(self.target.states())


FAULT = Pause
