"""Make a disk slow: as a worn one, a busy neighbour, or a throttled volume of a cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.disk.passed import Passed, fastest
from chaos_ext.disk.values import Checked
from chaos_ext.lease.fault import LAND_S_MAX

if TYPE_CHECKING:
    from chaos_ext.disk.tries import Tried, Tries

TOLD_APART = 0.5  # of the least delay: what the disk takes by itself must be less


@dataclass(slots=True)
class Slow(Passed):
    """Every one of *ops* on the disk of *target* takes *ms* longer, give or take *jitter_ms*."""

    ms: float = 100.0
    ops: list[str] = field(default_factory=lambda: ["fsync"])
    jitter_ms: float = 0.0
    name: ClassVar[str] = "slow"
    colour: ClassVar[str] = "#d19a66"

    @property
    def lands_within_s(self) -> float:
        """All of them are tried, one after the other."""
        return LAND_S_MAX + len(self.ops) * (self.ms + self.jitter_ms) / 1e3

    @property
    def _least_ms(self) -> float:
        return self.ms - self.jitter_ms

    def rules(self) -> list[dict[str, Any]]:
        """One rule."""
        return [{"do": "slow", "ops": self.ops, "ms": self.ms, "jitter_ms": self.jitter_ms}]

    def refuse_before(self, tried: list[Tried]) -> None:
        """A disk that is as slow already."""
        for op in self.ops:
            if (takes_ms := fastest(tried, op)) > self._least_ms * TOLD_APART:
                Checked(self.name).refuse(
                    f"{op} on the disk of {self.target.node} takes {takes_ms:.3g} ms already, so a "
                    f"delay of {self._least_ms:g} ms could not be told from it; say more ms"
                )

    def try_all(self, tries: Tries) -> list[Tried]:
        """Each once."""
        return tries.all(self.ops)

    def shown(self, tried: list[Tried]) -> dict[str, Any] | None:
        """None was faster than the least delay."""
        if any(each.ms < self._least_ms for each in tried):
            return None
        return {"took_ms": {each.op: round(each.ms, 2) for each in tried}}

    def gone(self, tried: list[Tried]) -> bool:
        """All were faster."""
        return all(each.ms < self._least_ms for each in tried)


FAULT = Slow
