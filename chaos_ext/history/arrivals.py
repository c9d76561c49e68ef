"""What the load met in each phase, from the time each arrival was intended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.phases import duration_s, during
from chaos_ext.history.rows import DROPPED, OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaos_ext.history.phases import Phase

QUANTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A latency below which a share of the arrivals lies, as far as it can be known."""

    lower_ms: float  # what got no good answer waited at least until it was given up ...
    upper_ms: float  # ... and might have waited for ever: a fast refusal is not a fast answer


@dataclass(frozen=True, slots=True)
class Figures:
    """The load of one phase."""

    duration_s: float
    planned: int
    sent: int
    ok: int
    failed: int
    dropped: int
    latency_ms: dict[int, Quantile]  # by percent, over all planned arrivals
    latency_ms_max: float

    @property
    def error_ratio(self) -> float:
        """Failed and dropped arrivals of all planned."""
        return (self.failed + self.dropped) / self.planned

    @property
    def dropped_ratio(self) -> float:
        """Arrivals that the cap could not send, of all planned."""
        return self.dropped / self.planned

    @property
    def offered_per_s(self) -> float:
        """How many were really sent in a second."""
        return self.sent / self.duration_s if self.duration_s else 0.0


def figures(rows: NDArray[Any], spans: Sequence[Phase]) -> dict[str, Figures]:
    """The load of each phase of *spans* from ARRIVAL *rows*."""
    names = dict.fromkeys(name for name, _, _ in spans)
    return {
        name: _of_phase(rows[during(spans, name, rows["intended_ns"])], duration_s(spans, name))
        for name in names
    }


def overdue_s(
    rows: NDArray[Any], spans: Sequence[Phase], deadline_s: float, *, capped: bool
) -> dict[str, float]:
    """By phase, how long after its deadline the last arrival of *rows* to end was over.

    An arrival ends with its deadline, whatever the server does: more is time that the load
    process itself did not get. Where its users are *capped*, those it dropped wait for a user.
    """
    counted = rows[rows["outcome"] != DROPPED] if capped else rows
    over_s = (counted["finished_ns"] - counted["intended_ns"]) / 1e9 - deadline_s
    return {
        name: float(over_s[during(spans, name, counted["intended_ns"])].max(initial=0.0))
        for name in dict.fromkeys(name for name, _, _ in spans)
    }


def _of_phase(rows: NDArray[Any], lasted_s: float) -> Figures:
    dropped = rows["outcome"] == DROPPED
    ok = int(np.count_nonzero(rows["outcome"] == OK))
    lost = int(np.count_nonzero(dropped))
    waited_ms = np.maximum(rows["finished_ns"] - rows["intended_ns"], 0) / 1e6
    return Figures(
        duration_s=lasted_s,
        planned=len(rows),
        sent=len(rows) - lost,
        ok=ok,
        failed=len(rows) - ok - lost,
        dropped=lost,
        latency_ms=_quantiles(waited_ms, rows["outcome"] != OK),
        latency_ms_max=float(waited_ms.max()) if len(rows) else 0.0,
    )


def _quantiles(
    waited_ms: NDArray[np.float64], unanswered: NDArray[np.bool_]
) -> dict[int, Quantile]:
    if not len(waited_ms):
        return {}
    lower = np.sort(waited_ms)
    upper = np.sort(np.where(unanswered, np.inf, waited_ms))
    # The nearest rank is a value that was measured; nothing is made up between two.
    ranks = {p: int(np.ceil(p / 100 * len(lower))) - 1 for p in QUANTILES}
    return {p: Quantile(float(lower[rank]), float(upper[rank])) for p, rank in ranks.items()}
