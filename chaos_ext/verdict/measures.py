"""Facts -> numbers: everything that claims and guards compare, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaos_ext.experiment.settings import Load, Watch
from chaos_ext.history.arrivals import Figures, figures, overdue_s
from chaos_ext.history.data import Data, judge_data, together, writes
from chaos_ext.history.outage import longest, outages
from chaos_ext.history.phases import BASELINE, clip, duration_s, during, phases
from chaos_ext.history.rows import KINDS, OK, UNKNOWN
from chaos_ext.history.silence import longest_silence_s, silences
from chaos_ext.verdict import resources
from chaos_ext.verdict.met import Met, in_place, met
from chaos_ext.verdict.stayed import stayed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.history.acknowledged import StillAcknowledged
    from chaos_ext.history.compact import Columns
    from chaos_ext.history.outage import Outage
    from chaos_ext.history.phases import Phase
    from chaos_ext.history.silence import Span
    from chaos_ext.verdict.facts import Facts

WAITS_S = 0.1  # what a busy machine may keep a ready process waiting, with room to spare
_NOT_READ: dict[str, list[Any]] = {"seq": [], "primary": []}
_Events: TypeAlias = "Sequence[dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class Canary:
    """What the witness saw."""

    outage: Outage | None
    open: bool  # any outage lasted when the last phase ended
    silence_s: float
    outages: int
    unseen: int  # silences too long for the pace: each may have hidden one outage more
    late_s: float  # the largest delay between when it should have asked and when it did
    failed_before: int  # operations that were asked in the baseline and failed in it
    unknown: int
    asked: dict[str, dict[str, int]]  # by phase, by kind
    acknowledged: dict[str, int]  # writes, by phase
    writes: int


@dataclass(frozen=True, slots=True)
class Measures:
    """The numbers of a run."""

    duration_s: dict[str, float]  # by phase
    canary: Canary | None
    data: Data | None  # of all witnesses together
    load: dict[str, Figures]  # by phase
    staying: Canary | None = None  # what the witness saw that stays with one node
    staying_name: str = ""
    staying_data: Data | None = None  # its part of the data
    still: StillAcknowledged | None = None  # None where no fault landed
    overdue_s: dict[str, float] = field(default_factory=dict)  # the load, by phase
    met: dict[tuple[str, str], Met] = field(default_factory=dict)  # by the witness: kind, when
    resources: resources.Resources | None = None  # None where nobody looked at the servers


def measure(facts: Facts) -> Measures:
    """Compute all numbers; pure, so that the same evidence always gives the same."""
    spans = phases(facts.events)
    names = dict.fromkeys(name for name, _, _ in spans)
    plain, staying = facts.canary, facts.staying
    data, staying_data = _data(facts)
    return Measures(
        duration_s={name: duration_s(spans, name) for name in names},
        canary=_canary(facts.witness(stays=False), plain, spans) if plain else None,
        data=data,
        load=figures(facts.load, _offered(facts, spans)) if facts.load is not None else {},
        staying=_canary(facts.witness(stays=True), staying, spans) if staying else None,
        staying_name=facts.staying_name,
        staying_data=staying_data,
        still=stayed(facts, staying, spans) if staying else None,
        overdue_s=_overdue_s(facts, spans),
        met=met(facts, plain, spans) if plain else {},
        resources=_resources(facts, spans),
    )


def _resources(facts: Facts, spans: list[Phase]) -> resources.Resources | None:
    named = [str(name) for event in facts.of("sampler") for name in event.get("targets") or ()]
    if facts.looks is None:
        return None
    return resources.measure(facts.looks, named, spans, list(in_place(facts, spans)))


def _overdue_s(facts: Facts, spans: list[Phase]) -> dict[str, float]:
    if facts.load is None:
        return {}
    told = facts.of("load")
    deadlines = [float(event["deadline_s"]) for event in told if event.get("deadline_s")]
    capped = any(event.get("cap") for event in told)
    usual = Load("", 0.0).deadline_s
    return overdue_s(facts.load, spans, max(deadlines, default=usual), capped=capped)


def _canary(told: _Events, columns: Columns, spans: list[Phase]) -> Canary:
    names = dict.fromkeys(name for name, _, _ in spans)
    rows, watched = writes(columns), _until_the_end(columns, spans)
    acknowledged = rows["sent_ns"][rows["outcome"] == OK]
    within = (spans[0][1], spans[-1][2]) if spans else None
    stretches = [_stretch(outage) for outage in _outages(watched)]
    return Canary(
        outage=longest(watched),
        open=any(outage.open for outage in _outages(watched)),
        silence_s=longest_silence_s(watched, within),
        outages=len(_merged(stretches)),
        unseen=_unseen(told, watched, within, stretches),
        late_s=_late_s(told, columns, within) if within else 0.0,
        failed_before=_failed_before(columns, spans),
        unknown=int(np.count_nonzero(rows["outcome"] == UNKNOWN)),
        asked={name: _asked(columns, spans, name) for name in names},
        acknowledged={name: int(during(spans, name, acknowledged).sum()) for name in names},
        writes=len(rows["seq"]),
    )


def _asked(columns: Columns, spans: list[Phase], name: str) -> dict[str, int]:
    # When it was really asked: a witness that wakes up catches up, and that tested nothing.
    inside = during(spans, name, columns["sent_ns"])
    return {
        kind: int(np.count_nonzero(inside & (columns["kind"] == number)))
        for number, kind in enumerate(KINDS)
    }


def _told_s(told: _Events, key: str) -> float:
    values = [float(event[key]) for event in told if event.get(key)]
    usual: float = getattr(Watch(""), key)
    return max(values, default=usual) / 1e3


def _explained_s(told: _Events) -> float:
    """How long a silence may be with a service that answers every operation in time."""
    return 2 * _told_s(told, "pace_ms") + _told_s(told, "deadline_ms") + WAITS_S


def _unseen(
    told: _Events, watched: Columns, within: Span | None, seen: list[tuple[float, float]]
) -> int:
    longest_ns = _explained_s(told) * 1e9
    silent = [
        (start, end)
        for kind in range(len(KINDS))
        for start, end in silences(watched, kind, within)
        if end - start > longest_ns
        and not any(start < after and before < end for before, after in seen)
    ]
    return len(_merged([(float(start), float(end)) for start, end in silent]))


def _late_s(told: _Events, columns: Columns, within: Span) -> float:
    sent, intended = columns["sent_ns"], columns["intended_ns"]
    from_ns, to_ns = within
    inside = (sent >= from_ns) & (intended < to_ns)
    delays = (sent - intended)[inside]
    last_ns = int(sent[sent < to_ns].max(initial=from_ns))
    untold_ns = to_ns - last_ns - _told_s(told, "pace_ms") * 1e9  # it asked nothing more
    return max(float(delays.max(initial=0)), untold_ns, 0.0) / 1e9


def _failed_before(columns: Columns, spans: list[Phase]) -> int:
    # One that was on its way when the phase ended may have met the fault itself.
    sent, finished = columns["sent_ns"], columns["finished_ns"]
    count = 0
    for name, start, end in spans:
        over = ((finished >= 0) & (finished < end)) | (sent < end - WAITS_S * 1e9)
        failed = (columns["outcome"] != OK) & (sent >= start) & (sent < end) & over
        count += int(np.count_nonzero(failed)) if name == BASELINE else 0
    return count


def _until_the_end(columns: Columns, spans: list[Phase]) -> Columns:
    # What the witness met while everything was being stopped says nothing about the system.
    if not spans:
        return columns
    inside = columns["sent_ns"] < spans[-1][2]
    return {name: values[inside] for name, values in columns.items()}


def _outages(columns: Columns) -> list[Outage]:
    return [outage for kind in range(len(KINDS)) for outage in outages(columns, kind)]


def _merged(found: list[tuple[float, float]]) -> list[tuple[float, float]]:
    # Writes and reads fail together: stretches that overlap are one.
    merged: list[tuple[float, float]] = []
    for start, stop in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


def _stretch(outage: Outage) -> tuple[float, float]:
    return outage.last_good_ns, float("inf") if outage.open else outage.next_good_ns


def _data(facts: Facts) -> tuple[Data | None, Data | None]:
    """What became of the writes of all witnesses, and of the one that stays."""
    if facts.read_back is None and facts.staying_read_back is None:
        return None, None
    plain = _read(facts.canary, facts.read_back, facts.unexpected)
    staying = _read(facts.staying, facts.staying_read_back, facts.staying_unexpected)
    found = [data for data in (plain, staying) if data]
    return together(found) if found else None, staying


def _read(columns: Columns | None, read_back: Columns | None, unexpected: int) -> Data | None:
    return judge_data(columns, read_back or _NOT_READ, unexpected) if columns else None


def _offered(facts: Facts, spans: list[Phase]) -> list[Phase]:
    # Before it was started and after it was stopped on purpose the load owes no arrivals;
    # what it owes while it is dead counts against it.
    marks: dict[str, Any] = {
        str(event.get("state")): event["mono_ns"] for event in facts.of("load")
    }
    last_ns = max((end for _, _, end in spans), default=0)
    return clip(spans, marks.get("started", 0), marks.get("stopped", last_ns))
