"""What the witness met while a fault was in place, and while the system recovered from it.

It asks twice as often while it fails, so that an outage has sharp edges. Counted by their number,
failures would look twice as frequent as they are: each operation counts for the time since the
one before it was due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chaos_ext.history.phases import FAULT, RECOVERY, duration_s, during
from chaos_ext.history.rows import KINDS, OK
from chaos_ext.verdict.course import by_lease
from chaos_ext.verdict.stayed import began, ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos_ext.history.operations import Columns
    from chaos_ext.history.phases import Phase
    from chaos_ext.verdict.facts import Facts

IN_PLACE = "fault"  # as metrics call it
RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Met:
    """Operations of a kind that were sent in a time, and how many of them did not succeed."""

    asked: int
    failed: int
    ratio: float  # of the time that the failed ones stand for; NaN when none was sent
    lasted_s: float


def met(facts: Facts, columns: Columns, spans: Sequence[Phase]) -> dict[tuple[str, str], Met]:
    """By kind, and by when: while a fault was in place, and in the recovery phase."""
    times = {
        IN_PLACE: (list(in_place(facts, spans)), IN_PLACE),
        RECOVERED: (list(spans), RECOVERY),
    }
    return {
        (kind, when): _met(columns, number, within, name)
        for when, (within, name) in times.items()
        for number, kind in enumerate(KINDS)
    }


def in_place(facts: Facts, spans: Sequence[Phase]) -> Iterator[Phase]:
    """When some fault certainly was in place, as stretches that do not overlap."""
    last_ns = max((end for name, _, end in spans if name == FAULT), default=0)
    until_ns = 0
    for start, end in sorted(_each(facts, last_ns)):
        if end > max(start, until_ns):
            yield IN_PLACE, max(start, until_ns), end
            until_ns = end


def _each(facts: Facts, last_ns: int) -> Iterator[tuple[int, int]]:
    for events in by_lease(facts):
        landed, over = began(events), ended(events)
        if landed:
            yield landed[1], over[0] if over else last_ns


def _met(columns: Columns, kind: int, within: Sequence[Phase], name: str) -> Met:
    mine = np.flatnonzero(columns["kind"] == kind)
    mine = mine[np.argsort(columns["intended_ns"][mine], kind="stable")]
    sent = during(within, name, columns["sent_ns"][mine])
    failed = sent & (columns["outcome"][mine] != OK)
    intended = columns["intended_ns"][mine]
    stands_for = np.diff(intended, prepend=intended[:1]).astype(float)
    whole = float(stands_for[sent].sum())
    return Met(
        asked=int(np.count_nonzero(sent)),
        failed=int(np.count_nonzero(failed)),
        ratio=float(stands_for[failed].sum()) / whole if whole else np.nan,
        lasted_s=duration_s(within, name),
    )
