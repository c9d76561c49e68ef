"""What the rows of the load say about each phase; pure, so that it can be said again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
QUANTILES = (("p50", 50.0), ("p95", 95.0), ("p99", 99.0), ("max", 100.0))

Rows = np.ndarray[tuple[int], np.dtype[np.void]]
Measures = dict[str, float | int | None]


def measure(arrivals: Rows, phases: Iterable[tuple[str, int, int]]) -> dict[str, Measures]:
    """Counts, ratios and latencies of each phase `(name, from_ns, to_ns)`.

    An arrival belongs to the phase in which it was due: from_ns <= intended_ns < to_ns.
    """
    return {
        name: _of(_due(arrivals, from_ns, to_ns), (to_ns - from_ns) / NS_PER_S)
        for name, from_ns, to_ns in phases
    }


def _due(arrivals: Rows, from_ns: int, to_ns: int) -> Rows:
    intended_ns = arrivals["intended_ns"]
    due: Rows = arrivals[(intended_ns >= from_ns) & (intended_ns < to_ns)]
    return due


def _of(due: Rows, lasted_s: float) -> Measures:
    planned = len(due)
    ok, failed, dropped = (_count(due, code) for code in (rows.OK, rows.FAILED, rows.DROPPED))
    counts: Measures = {
        "planned": planned,
        "sent": planned - dropped,
        "ok": ok,
        "failed": failed,
        "dropped": dropped,
    }
    ratios: Measures = {
        "error_ratio": _ratio(failed + dropped, planned),
        "dropped_ratio": _ratio(dropped, planned),
        "offered_per_s": _ratio(planned, lasted_s),
    }
    return counts | ratios | _latencies(due)


def _latencies(due: Rows) -> Measures:
    """Milliseconds from the intended time, of all that were sent, failures included.

    Quantiles are values that were really seen, never a mean of two.
    """
    sent = due[due["outcome"] != rows.DROPPED]
    if not len(sent):
        return {f"latency_ms_{name}": None for name, _ in QUANTILES}
    took_ms: Any = (sent["finished_ns"] - sent["intended_ns"]) / NS_PER_MS
    seen = np.percentile(took_ms, [share for _, share in QUANTILES], method="inverted_cdf")
    return {
        f"latency_ms_{name}": float(ms) for (name, _), ms in zip(QUANTILES, seen, strict=True)
    }


def _count(due: Rows, outcome: int) -> int:
    return int(np.count_nonzero(due["outcome"] == outcome))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
