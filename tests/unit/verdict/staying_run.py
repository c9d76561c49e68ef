"""The synthetic run with a second witness: a client that nobody tells of the new primary."""

import sys
from dataclasses import dataclass, field, replace

from chaos_ext.history import compact
from chaos_ext.history.operations import operations
from chaos_ext.history.phases import phases

base = sys.modules["chaos_ext_tests_synthetic_run"]
NAME, NODE = "redis@redis-primary", "redis-1"
STAYS = {"system": "redis", "stays_with": "redis-primary", "node": NODE, "pace_ms": 20.0}
CUT_S = 8.5  # from here on its node refuses


@dataclass
class StayingRun(base.SyntheticRun):
    """The primary is lost for the others at `KILLED_S`; it serves the staying client on."""

    claims: list = field(default_factory=lambda: ["stayed_acknowledged_s <= 3.5"])
    stays_down_s: tuple = (CUT_S, 99.0)
    stays_asleep_s: tuple = (0.0, 0.0)
    stays_lost: frozenset = frozenset()
    stays_unread: frozenset = frozenset()
    stays_unexpected: int = 0
    has_staying: bool = True
    has_staying_read_back: bool = True

    def __post_init__(self):
        read = {"system": "redis", "stays_with": "redis-primary", "complete": True}
        self.happens(-0.4, "witness", state="started", **STAYS)
        self.happens(base.END_S + 0.2, "witness", state="stopped", **STAYS)
        self.happens(base.END_S + 0.6, "read_back", primary="redis-2", **read)

    def steps(self):
        return base.canary(self.stays_down_s, self.stays_asleep_s)

    def write(self, folder):
        """Put the run into *folder*, with the rows of both witnesses."""
        compacted, self.compacted = self.compacted, False
        super().write(folder)
        spans = phases(base.event_log.read(folder / "events.jsonl"))
        if self.has_staying:
            (folder / compact.STAYING_BIN).write_bytes(self.steps().tobytes())
            if self.has_staying_read_back:
                found = self._found(compact.read_canary(folder, stays=True))
                compact.keep_read_back(folder, NAME, spans, found, self.stays_unexpected)
        if compacted:
            compact.compact_canary(folder, spans)
            compact.compact_load(folder, spans)
        return folder

    def facts(self):
        """What reading the folder gives, without the disk."""
        columns = operations(self.steps()) if self.has_staying else None
        read = columns and self.has_staying_read_back
        return replace(
            super().facts(),
            staying=columns,
            staying_read_back=self._found(columns) if read else None,
            staying_unexpected=self.stays_unexpected,
        )

    def _found(self, columns):
        plain = self.lost, self.unread
        self.lost, self.unread = self.stays_lost, self.stays_unread
        try:
            return self._read_back(columns)
        finally:
            self.lost, self.unread = plain
