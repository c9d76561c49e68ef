"""How full is too full: when a ratio crosses a limit, said once, and again only after it was well below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext.history.usage import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

WARNING, VIOLATION = "warning", "violation"
BACK = 0.05  # so far below a limit it counts as under it again; noise about it is told once
FULL_RATIO = 0.9  # of what has no limit of its own in the settings


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on to warn, and from where on it is a violation, by kind of resource."""

    warn_ratio: float = 0.8
    memory_ratio: float = 0.85
    cpu_ratio: float = 0.9

    def of(self, kind: str) -> dict[str, float]:
        """The limits of one kind, the lower one first."""
        full = {"memory": self.memory_ratio, "cpu": self.cpu_ratio}.get(kind, FULL_RATIO)
        return {WARNING: min(self.warn_ratio, full), VIOLATION: full}


class Crossings:
    """Remembers over which limits each resource of each target is."""

    def __init__(self, limits: Limits) -> None:
        """Nothing is over any limit yet."""
        self._limits = {kind: limits.of(kind) for kind in KINDS}
        self._lowest = min(each[WARNING] for each in self._limits.values())
        self._over: dict[tuple[str, str], set[str]] = {}

    def may_be(self, highest: float) -> bool:
        """Whether a limit can have been crossed, in either way, where *highest* is the highest ratio."""
        return bool(self._over) or highest >= self._lowest

    def crossed(self, target: str, ratios: Mapping[str, float]) -> list[dict[str, object]]:
        """What has just got over a limit; NaN changes nothing, for nobody knows."""
        return [
            {"target": target, "what": kind, "level": level, "ratio": round(ratio, 4)}
            for kind, ratio in ratios.items()
            if (ratio >= self._limits[kind][WARNING] or (target, kind) in self._over)
            and (level := self._level(target, kind, ratio))
        ]

    def _level(self, target: str, kind: str, ratio: float) -> str:
        """The highest limit that was crossed upwards just now; empty when none was."""
        over = self._over.setdefault((target, kind), set())
        crossed = ""
        for level, limit in self._limits[kind].items():
            if ratio >= limit and level not in over:
                over.add(level)
                crossed = level
            elif ratio < limit - BACK:
                over.discard(level)
        if not over:
            del self._over[target, kind]
        return crossed
