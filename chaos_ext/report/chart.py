"""The canary and the load over time, as shapes that a template only has to draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.phases import phases
from chaos_ext.history.rows import OUTCOMES
from chaos_ext.verdict.course import by_lease, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaos_ext.history.phases import Phase
    from chaos_ext.verdict.facts import Facts

WIDTH, LANE, GAP, TOP = 1000, 84, 30, 42
FINEST_S, MOST_BUCKETS, MOST_TICKS = 0.1, 500, 12
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Lane:
    """Stacked bars, one path an outcome."""

    title: str
    note: str
    y: int
    paths: tuple[tuple[str, str], ...]  # outcome, path data


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with a name."""

    name: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What everything that is drawn over the time of a run has, in pixels."""

    width: int
    height: int
    bottom: int
    phases: tuple[Span, ...]
    faults: tuple[Span, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Drawn):
    """The canary and the load, one above the other."""

    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The time of a run as a width."""

    from_ns: int
    to_ns: int

    @property
    def lasted_s(self) -> float:
        """How long it is."""
        return (self.to_ns - self.from_ns) / 1e9

    def x(self, mono_ns: float) -> float:
        """Where an instant is drawn."""
        inside = min(max(mono_ns, self.from_ns), self.to_ns)
        return round((inside - self.from_ns) / (self.to_ns - self.from_ns) * WIDTH, 1)

    def span(self, name: str, start: float, end: float) -> Span:
        """Where a stretch of time is drawn."""
        return Span(name, self.x(start), round(self.x(end) - self.x(start), 1))


def chart(facts: Facts) -> Chart | None:
    """The chart of a run; None when no phase was ever reached or nothing was recorded."""
    scale = scale_of(phases(facts.events))
    staying = (facts.staying_name, facts.staying)
    recorded = (("canary", facts.canary), staying, ("load", facts.load))
    series = [
        (title, rows) for title, rows in recorded if rows is not None and len(rows["seq"])
    ]
    if scale.lasted_s <= 0 or not series:
        return None
    bucket_s = FINEST_S * max(1, math.ceil(scale.lasted_s / FINEST_S / MOST_BUCKETS))
    lanes = tuple(
        _lane(title, TOP + number * (LANE + GAP), rows, scale, bucket_s)
        for number, (title, rows) in enumerate(series)
    )
    return Chart(lanes=lanes, **around(facts, lanes[-1].y + LANE))


def around(facts: Facts, bottom: int) -> dict[str, Any]:
    """All of a drawing but what is drawn: *bottom* is where that ends."""
    spans = phases(facts.events)
    scale = scale_of(spans)
    return {
        "width": WIDTH,
        "height": bottom + 26,
        "bottom": bottom,
        "phases": tuple(scale.span(*span) for span in spans),
        "faults": tuple(faults(facts, scale)),
        "ticks": ticks(scale),
    }


def scale_of(spans: Sequence[Phase]) -> Scale:
    """From the first phase to the last."""
    return Scale(spans[0][1], spans[-1][2]) if spans else Scale(0, 0)


def _lane(title: str, y: int, rows: Any, scale: Scale, bucket_s: float) -> Lane:
    inside = (rows["intended_ns"] >= scale.from_ns) & (rows["intended_ns"] < scale.to_ns)
    times, outcomes = rows["intended_ns"][inside], rows["outcome"][inside]
    edges = np.arange(scale.from_ns, scale.to_ns + bucket_s * 1e9, bucket_s * 1e9)
    counts = [np.histogram(times[outcomes == code], edges)[0] for code in range(len(OUTCOMES))]
    tallest = max(1, int(np.sum(counts, axis=0).max()))
    base = np.zeros(len(edges) - 1)
    paths = []
    for name, count in zip(OUTCOMES, counts, strict=True):
        data = _bars(scale, edges, y + LANE - base / tallest * LANE, count / tallest * LANE)
        base = base + count
        if data:
            paths.append((name, data))
    return Lane(title, f"up to {tallest} in {bucket_s:g} s", y, tuple(paths))


def _bars(
    scale: Scale, edges: NDArray[Any], bottoms: NDArray[Any], heights: NDArray[Any]
) -> str:
    return "".join(
        f"M{scale.x(edges[i]):g} {bottoms[i]:.1f}"
        f"h{scale.x(edges[i + 1]) - scale.x(edges[i]):.1f}v{-heights[i]:.1f}"
        f"H{scale.x(edges[i]):g}z"
        for i in np.flatnonzero(heights)
    )


def faults(facts: Facts, scale: Scale) -> list[Span]:
    """When each fault was in place."""
    return [
        scale.span(name_of(events[0]), *_in_place(events, scale))
        for events in by_lease(facts)
        if any(event.get("state") == "in_place" for event in events)
    ]


def _in_place(events: Sequence[dict[str, Any]], scale: Scale) -> tuple[int, int]:
    start = next(event["mono_ns"] for event in events if event.get("state") == "in_place")
    over = [e["mono_ns"] for e in events if e.get("state") in ("healed", "lost")]
    return start, over[-1] if over else scale.to_ns


def ticks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """Seconds along the time, and where they are."""
    fitting = (step for step in STEPS_S if scale.lasted_s / step <= MOST_TICKS)
    step_s = next(fitting, math.ceil(scale.lasted_s / MOST_TICKS))
    marks = range(0, math.floor(scale.lasted_s) + 1, step_s)
    return tuple((scale.x(scale.from_ns + mark * 1e9), f"{mark} s") for mark in marks)
