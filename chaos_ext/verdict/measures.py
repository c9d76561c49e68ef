"""Facts -> numbers: everything that claims and guards compare, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.arrivals import Figures, figures
from chaos_ext.history.data import Data, judge_data, writes
from chaos_ext.history.outage import longest, outages
from chaos_ext.history.phases import clip, duration_s, during, phases
from chaos_ext.history.rows import KINDS, OK, UNKNOWN
from chaos_ext.history.silence import longest_silence_s

if TYPE_CHECKING:
    from chaos_ext.history.compact import Columns
    from chaos_ext.history.outage import Outage
    from chaos_ext.history.phases import Phase
    from chaos_ext.verdict.facts import Facts


@dataclass(frozen=True, slots=True)
class Canary:
    """What the witness saw."""

    outage: Outage | None
    open: bool  # any outage lasted when the last phase ended
    silence_s: float
    outages: int
    unknown: int
    asked: dict[str, dict[str, int]]  # by phase, by kind
    acknowledged: dict[str, int]  # writes, by phase
    writes: int


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of a run."""

    duration_s: dict[str, float]  # by phase
    canary: Canary | None
    data: Data | None
    load: dict[str, Figures]  # by phase


def measure(facts: Facts) -> Measures:
    """Compute all numbers; pure, so that the same evidence always gives the same."""
    spans = phases(facts.events)
    names = dict.fromkeys(name for name, _, _ in spans)
    return Measures(
        duration_s={name: duration_s(spans, name) for name in names},
        canary=_canary(facts.canary, spans) if facts.canary is not None else None,
        data=_data(facts),
        load=figures(facts.load, _offered(facts, spans)) if facts.load is not None else {},
    )


def _canary(columns: Columns, spans: list[Phase]) -> Canary:
    names = dict.fromkeys(name for name, _, _ in spans)
    rows, watched = writes(columns), _until_the_end(columns, spans)
    acknowledged = rows["intended_ns"][rows["outcome"] == OK]
    return Canary(
        outage=longest(watched),
        open=any(outage.open for outage in _outages(watched)),
        silence_s=longest_silence_s(watched),
        outages=_separate(_outages(watched)),
        unknown=int(np.count_nonzero(rows["outcome"] == UNKNOWN)),
        asked={name: _asked(columns, spans, name) for name in names},
        acknowledged={name: int(during(spans, name, acknowledged).sum()) for name in names},
        writes=len(rows["seq"]),
    )


def _asked(columns: Columns, spans: list[Phase], name: str) -> dict[str, int]:
    inside = during(spans, name, columns["intended_ns"])
    return {
        kind: int(np.count_nonzero(inside & (columns["kind"] == number)))
        for number, kind in enumerate(KINDS)
    }


def _until_the_end(columns: Columns, spans: list[Phase]) -> Columns:
    # What the witness met while everything was being stopped says nothing about the system.
    if not spans:
        return columns
    inside = columns["sent_ns"] < spans[-1][2]
    return {name: values[inside] for name, values in columns.items()}


def _outages(columns: Columns) -> list[Outage]:
    return [outage for kind in range(len(KINDS)) for outage in outages(columns, kind)]


def _separate(found: list[Outage]) -> int:
    # Writes and reads fail together: stretches that overlap are one outage.
    stretches = sorted(_stretch(outage) for outage in found)
    count, end = 0, float("-inf")
    for start, stop in stretches:
        count += start > end
        end = max(end, stop)
    return count


def _stretch(outage: Outage) -> tuple[float, float]:
    return outage.last_good_ns, float("inf") if outage.open else outage.next_good_ns


def _data(facts: Facts) -> Data | None:
    if facts.canary is None or facts.read_back is None:
        return None
    return judge_data(facts.canary, facts.read_back, facts.unexpected)


def _offered(facts: Facts, spans: list[Phase]) -> list[Phase]:
    # Before it was started and after it was stopped on purpose the load owes no arrivals;
    # what it owes while it is dead counts against it.
    marks: dict[str, Any] = {
        str(event.get("state")): event["mono_ns"] for event in facts.of("load")
    }
    last_ns = max((end for _, _, end in spans), default=0)
    return clip(spans, marks.get("started", 0), marks.get("stopped", last_ns))
