"""Looks at the servers -> how full their resources were, what leaks, and what that says of a claim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.experiment.claims import GROWING
from chaos_ext.history import leaks, usage
from chaos_ext.history.phases import RECOVERY, during

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from chaos_ext.history.phases import Phase

WHOLE = ""  # all phases together
FULL_RATIO = 0.9  # when that will be reached is told of what leaks
MATERIAL_SHARE = 0.01  # of the limit; growth by less is of no matter
_MATERIAL = {"memory": 2.0 * 2**20, "files": 16.0}  # where no limit is known
TOLD = ("memory", "connections")  # what a server tells itself, as long as it answers
_SERIES = {"memory": ("memory_bytes", "memory_server_bytes"), "files": ("files",)}


@dataclass(frozen=True, slots=True)
class Grown:
    """How something of a target grew while it was one process."""

    target: str
    kind: str
    growth: leaks.Growth
    last: float  # how much there was in the end
    limit: float  # NaN where none is known
    seen_ratio: float  # how full it was when the leak could first be seen; infinite if never

    @property
    def full_s(self) -> float:
        """How long after the last look `FULL_RATIO` of the limit is reached, at this pace."""
        if not self.growth.per_s > 0 or np.isnan(self.limit):
            return np.inf
        return max(0.0, (FULL_RATIO * self.limit - self.last) / self.growth.per_s)


@dataclass(frozen=True, slots=True)
class Resources:
    """What was seen of the servers of a run."""

    targets: tuple[str, ...]
    looks: dict[str, int]  # by phase, at the target that was looked at least
    seen: dict[str, frozenset[str]]  # by phase, the targets that were alive at some look
    peaks: dict[
        str, dict[str, dict[str, float]]
    ]  # by phase, by kind, by target; only known ones
    grown: tuple[Grown, ...]  # by target and kind, where there was enough to see it
    # by phase, by kind, by target that told of it at some time: its looks at a living server that tell nothing
    untold: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    def leaks(self, kind: str) -> list[Grown]:
        """What leaks of *kind*."""
        return [each for each in self.grown if each.kind == kind and each.growth.leaks]

    def unjudged(self, kind: str) -> list[str]:
        """The targets that were not one process for long enough."""
        judged = {each.target for each in self.grown if each.kind == kind}
        return [target for target in self.targets if target not in judged]


def measure(
    looks: NDArray[Any],
    named: Sequence[str],
    spans: Sequence[Phase],
    in_place: Sequence[Phase] = (),
) -> Resources:
    """The numbers of all *looks* within the phases; *named* are the targets there should be.

    Growth is looked for in the whole life of each process, and within what is *in_place*: what a
    fault makes grow is given back when it is healed.
    """
    within = (spans[0][1], spans[-1][2]) if spans else (0, 0)
    at = looks["at_ns"]
    found = usage.by_target(looks[(at >= within[0]) & (at < within[1])])
    targets = tuple(dict.fromkeys([*named, *found]))
    parts = {WHOLE: [(WHOLE, *within)], RECOVERY: list(spans)}
    parts |= {name: list(spans) for name, _, _ in spans}
    inside = {
        phase: {name: during(part, phase, rows["at_ns"]) for name, rows in found.items()}
        for phase, part in parts.items()
    }
    nothing = np.zeros(0, dtype=bool)
    return Resources(
        targets=targets,
        looks={
            phase: min((int(each.get(name, nothing).sum()) for name in targets), default=0)
            for phase, each in inside.items()
        },
        seen={
            phase: frozenset(n for n, rows in found.items() if (rows["pid"][each[n]] > 0).any())
            for phase, each in inside.items()
        },
        peaks=_peaks(found, inside),
        untold=_untold(found, inside),
        grown=tuple(
            each for name, rows in found.items() for each in _all_grown(name, rows, in_place)
        ),
    )


def _peaks(
    found: dict[str, NDArray[Any]], inside: dict[str, dict[str, NDArray[np.bool_]]]
) -> dict[str, dict[str, dict[str, float]]]:
    peaks: dict[str, dict[str, dict[str, float]]] = {
        phase: {kind: {} for kind in usage.KINDS} for phase in inside
    }
    for name, rows in found.items():
        for kind, values in usage.ratios(rows).items():
            for phase, each in inside.items():
                known = values[each[name] & ~np.isnan(values)]
                if len(known):
                    peaks[phase][kind][name] = float(known.max())
    return peaks


def _untold(
    found: dict[str, NDArray[Any]], inside: dict[str, dict[str, NDArray[np.bool_]]]
) -> dict[str, dict[str, dict[str, float]]]:
    shares: dict[str, dict[str, dict[str, float]]] = {
        phase: {kind: {} for kind in TOLD} for phase in inside
    }
    for name, rows in found.items():
        values, alive = usage.at_once(rows), rows["pid"] > 0
        for kind in TOLD:
            nothing = np.isnan(values[kind])
            if nothing.all():  # nobody claims anything of it
                continue
            for phase, each in inside.items():
                looked = each[name] & alive
                shares[phase][kind][name] = float(
                    (nothing & looked).sum() / max(1, looked.sum())
                )
    return shares


def _all_grown(target: str, looks: NDArray[Any], in_place: Sequence[Phase]) -> Iterator[Grown]:
    for kind in GROWING:
        found = [
            grown
            for part in _parts(looks, in_place)
            for column in _SERIES[kind]
            if (grown := _grown(target, kind, part, column))
        ]
        if found:  # one that leaks, if there is one; else what was seen for longest
            yield max(found, key=lambda each: (each.growth.leaks, each.growth.blocks))


def _parts(looks: NDArray[Any], in_place: Sequence[Phase]) -> Iterator[NDArray[Any]]:
    for life in usage.lives(looks):
        yield life
        for _, start, end in in_place:
            yield life[(life["at_ns"] >= start) & (life["at_ns"] < end)]


def _grown(target: str, kind: str, life: NDArray[Any], column: str) -> Grown | None:
    known = life[life[column] >= 0]
    values, limit = known[column].astype(float), _limit(kind, known)
    material = _MATERIAL[kind] if np.isnan(limit) else MATERIAL_SHARE * limit
    growth = leaks.growth(known["at_ns"], values, material)
    if growth is None:
        return None
    seen = leaks.first_seen(known["at_ns"], values, material) if growth.leaks else None
    ratio = np.inf if seen is None else _ratio(kind, known[: seen + 1])
    return Grown(target, kind, growth, float(values[-1]), limit, ratio)


def _limit(kind: str, looks: NDArray[Any]) -> float:
    if kind == "memory":
        return usage.memory_limit(looks)
    allowed = looks["files_allowed"][looks["files_allowed"] > 0]
    return float(allowed.min()) if len(allowed) else np.nan


def _ratio(kind: str, looks: NDArray[Any]) -> float:
    """How full it was at the last of *looks* that tells."""
    values = usage.at_once(looks)[kind]
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else np.inf
