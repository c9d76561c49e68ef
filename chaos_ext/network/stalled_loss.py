"""Loss made at a proxy: chunks of both directions wait, and it is seen soon, however much is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import LANDS_S
from chaos_ext.network.stall import Stall

if TYPE_CHECKING:
    from chaos_ext.network.measure import Steps, Way


@dataclass(slots=True, kw_only=True)
class StalledLoss(Stall):
    """*percent* of the chunks wait; one that is lost again and again is not waited for."""

    stream: str = "both"
    name: ClassVar[str] = "loss"

    @property
    def lands_within_s(self) -> float:
        """As long as the questions take, of which some get no answer in time."""
        return LANDS_S + 4 * self._questions * self.share * self._patience_s

    @property
    def _patience_s(self) -> float:
        return self.stall_ms / 2e3

    def _late(self, way: Way, after_looks: int = 0) -> Steps[tuple[int, int]]:
        """How many answers were late, each the last one on its connection, and how many were asked for."""
        late = asked = 0
        while asked < self._questions:
            for _ in range(after_looks):  # together they would open too many in one look
                yield from measure.rest()
            with way.open() as line:
                answered = True
                while answered and asked < self._questions:
                    answered = (
                        yield from measure.ping(line, way, self._patience_s)
                    ) is not None
                    asked += 1
            late += not answered
        return late, asked
