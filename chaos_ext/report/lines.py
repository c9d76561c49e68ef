"""How full memory, CPU and files of each server were over time, as lines that a template only has to draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history import usage
from chaos_ext.history.phases import phases
from chaos_ext.report.chart import Drawn, Scale, around, scale_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaos_ext.verdict.facts import Facts

WIDTH, PANEL, GAP, TOP = 1000, 64, 30, 42
DRAWN = ("memory", "cpu", "files")
TITLES = {"memory": "memory", "cpu": "CPU", "files": "open files"}
COLOURS = 8  # as the template has them; then they begin again
MOST_POINTS = 500  # of a line; of what is between two, the highest is drawn
TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Path:
    """The line of one server."""

    target: str
    colour: int
    path: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The lines of one resource."""

    title: str
    note: str
    y: int
    bottom: int
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Drawn):
    """How full the servers were, one panel a resource."""

    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, int], ...]


def lines(facts: Facts) -> Lines | None:
    """The lines of a run; None where nobody looked, or no phase was ever reached."""
    scale = scale_of(phases(facts.events))
    if facts.looks is None or scale.lasted_s <= 0:
        return None
    at = facts.looks["at_ns"]
    found = usage.by_target(facts.looks[(at >= scale.from_ns) & (at < scale.to_ns)])
    if not found:
        return None
    full = {target: usage.ratios(looks) for target, looks in found.items()}
    colours = {target: number % COLOURS for number, target in enumerate(found)}
    panels = tuple(
        _panel(
            kind,
            TOP + number * (PANEL + GAP),
            {name: (looks["at_ns"], full[name][kind]) for name, looks in found.items()},
            colours,
            scale,
        )
        for number, kind in enumerate(DRAWN)
    )
    return Lines(
        panels=panels, legend=tuple(colours.items()), **around(facts, panels[-1].bottom)
    )


def _panel(
    kind: str,
    y: int,
    series: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]],
    colours: dict[str, int],
    scale: Scale,
) -> Panel:
    highest = max(float(np.fmax.reduce(values, initial=0)) for _, values in series.values())
    top = next((each for each in TOPS if highest <= each), math.ceil(highest))
    paths = [
        Path(target, colours[target], _path(at_ns, values / top, y, scale))
        for target, (at_ns, values) in series.items()
    ]
    drawn = tuple(path for path in paths if path.path)
    note = f"up to {top:.0%} of what is allowed" if drawn else "nobody knows its limit"
    return Panel(TITLES[kind], note, y, y + PANEL, drawn)


def _path(at_ns: NDArray[np.int64], heights: NDArray[Any], y: int, scale: Scale) -> str:
    """A line through *heights*, interrupted where nobody knows."""
    each = max(1, math.ceil(len(heights) / MOST_POINTS))
    starts = np.arange(0, len(heights), each)
    highest = np.fmax.reduceat(heights, starts) if len(heights) else heights
    data, pen = "", "M"
    for mono_ns, height in zip(at_ns[starts].tolist(), highest.tolist(), strict=True):
        if math.isnan(height):
            pen = "M"
            continue
        data += f"{pen}{scale.x(mono_ns):g} {y + PANEL * (1 - height):.1f}"
        pen = "L"
    return data
