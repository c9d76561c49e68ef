"""Which phase a moment belongs to, because rows carry times and not phases."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

BASELINE, FAULT, RECOVERY, END = "baseline", "fault", "recovery", "end"
NAMES = (BASELINE, FAULT, RECOVERY)

Phase = tuple[str, int, int]


def phases(events: Sequence[Mapping[str, Any]]) -> list[Phase]:
    """The phases of a run as (name, from_ns, to_ns); the last one ends with the last event."""
    marks = [(str(e["name"]), int(e["mono_ns"])) for e in events if e["event"] == "phase"]
    marks.sort(key=lambda mark: mark[1])
    last_ns = max((int(event["mono_ns"]) for event in events), default=0)
    spans = pairwise([*marks, (END, last_ns)])
    return [(name, from_ns, to_ns) for (name, from_ns), (_, to_ns) in spans if name != END]


def clip(spans: Sequence[Phase], from_ns: int, to_ns: int) -> list[Phase]:
    """What of *spans* lies between two moments."""
    cut = [(name, max(start, from_ns), min(end, to_ns)) for name, start, end in spans]
    return [(name, start, end) for name, start, end in cut if start < end]


def duration_s(spans: Sequence[Phase], name: str) -> float:
    """How long phase *name* lasted, all its parts together."""
    return sum(end - start for phase, start, end in spans if phase == name) / 1e9


def during(
    spans: Sequence[Phase], name: str, moments_ns: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of *moments_ns* lie in phase *name*."""
    inside = np.zeros(len(moments_ns), dtype=bool)
    for phase, start, end in spans:
        if phase == name:
            inside |= (moments_ns >= start) & (moments_ns < end)
    return inside


def label(spans: Sequence[Phase], moments_ns: NDArray[np.int64]) -> NDArray[np.str_]:
    """The phase of each of *moments_ns*; empty outside of all."""
    labels = np.zeros(len(moments_ns), dtype="U16")
    for name in {phase for phase, _, _ in spans}:
        labels[during(spans, name, moments_ns)] = name
    return labels
