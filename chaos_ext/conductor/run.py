"""What one run is and has: its name, its folder, its processes, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.experiment.claims import METRICS

if TYPE_CHECKING:
    from pathlib import Path

    from chaos_ext.environment.model import Environment
    from chaos_ext.evidence.events import EventLog
    from chaos_ext.evidence.redact import Redactor
    from chaos_ext.experiment.settings import Settings
    from chaos_ext.lab.model import Lab
    from chaos_ext.lease.client import Guarded
    from chaos_ext.lease.ledger import Ledger
    from chaos_ext.load.client import Load
    from chaos_ext.resource.sampling import Sampler
    from chaos_ext.witness.client import Witness

# How far a run has come.
READING, STEADY, METHOD = "reading", "steady", "method"
RECOVERY, ROLLBACKS, OVER = "recovery", "rollbacks", "over"


@dataclass(slots=True)
class Run:
    """One run; filled in step by step, so that what is missing was never started."""

    token: str
    name: str
    experiment: dict[str, Any]
    folder: Path
    log: EventLog
    redactor: Redactor
    ledger: Ledger
    settings: Settings | None = None
    environment: Environment | None = None
    systems: list[str] = field(default_factory=list)  # that this run touches
    wishes: dict[str, Any] = field(default_factory=dict)  # how its faults want labs fitted out
    labs: dict[str, Lab] = field(default_factory=dict)
    guarded: Guarded | None = None
    witnesses: dict[str, Witness] = field(default_factory=dict)
    load: Load | None = None
    sampler: Sampler | None = None
    stage: str = READING
    phase: str = ""
    recovery_from_ns: int = 0
    ended_because: str = ""
    left: list[str] = field(default_factory=list)  # rollbacks of the experiment that failed
    reading_back: bool = False

    @property
    def title(self) -> str:
        """The experiment's title."""
        return str(self.experiment.get("title", self.name))

    @property
    def measured(self) -> bool:
        """Whether anything is measured that needs time to pass."""
        claims = self.settings.claims if self.settings else ()
        of_resources = any(METRICS[each.metric].source == "resources" for each in claims)
        return bool(self.witnesses or self.load or (self.sampler and of_resources))

    def enter(self, phase: str) -> None:
        """A phase of measuring begins; every row gets its phase by time."""
        self.phase = phase
        self.log.add("phase", name=phase)
        if phase == "recovery":
            self.recovery_from_ns = world.monotonic_ns()
