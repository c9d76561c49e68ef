"""When each operation is due: slots on an absolute grid, so that no answer delays a question.

Reads lie half a step after writes. A kind that fails is asked twice as often, and the grids of
the two kinds interleave then too, so that a recovery is seen within a quarter of the pace.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos_ext.history.rows import READ


@dataclass(frozen=True, slots=True)
class Pace:
    """The grid of a run: where it begins and how far its slots are apart."""

    start_ns: int
    pace_ns: int

    def next_slot_ns(self, kind: int, after_ns: int, *, failing: bool) -> int:
        """The first slot of *kind* later than *after_ns*."""
        step_ns = self.pace_ns // 2 if failing else self.pace_ns
        first_ns = self.start_ns + (step_ns // 2 if kind == READ else 0)
        return first_ns + ((after_ns - first_ns) // step_ns + 1) * step_ns
