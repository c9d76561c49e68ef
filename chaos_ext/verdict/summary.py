"""Measures -> the outage, data and load of `verdict.json`, claimed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.verdict.model import number

if TYPE_CHECKING:
    from chaos_ext.history.arrivals import Figures
    from chaos_ext.verdict.measures import Measures


def outage(measures: Measures) -> dict[str, Any]:
    """The longest outage the witness saw; empty when nobody watched."""
    canary = measures.canary
    if not canary:
        return {}
    seen = canary.outage
    return {
        "kind": seen.kind if seen else "",
        "lower_s": number(seen.lower_s) if seen else 0,
        "upper_s": (None if canary.open else number(seen.upper_s)) if seen else 0,
        "failed": seen.failed if seen else 0,
        "open": canary.open,
        "outages": canary.outages,
        "longest_silence_s": number(canary.silence_s),
    }


def data(measures: Measures) -> dict[str, Any]:
    """What became of the writes; empty when they were not read back."""
    found = measures.data
    if not found:
        return {}
    return {
        "acknowledged": found.acknowledged,
        "failed": found.failed,
        "unknown": found.unknown,
        "lost": found.lost,
        "unexpected": found.unexpected,
        "recovered": found.recovered,
        "unread": found.unread,
        "lost_sample": list(found.lost_sample),
    }


def load(measures: Measures) -> dict[str, Any]:
    """The load of each phase in which it arrived."""
    return {name: _phase(found) for name, found in measures.load.items() if found.planned}


def _phase(found: Figures) -> dict[str, Any]:
    told = {
        "duration_s": number(found.duration_s),
        "planned": found.planned,
        "sent": found.sent,
        "ok": found.ok,
        "failed": found.failed,
        "dropped": found.dropped,
        "error_ratio": number(found.error_ratio),
        "dropped_ratio": number(found.dropped_ratio),
        "offered_per_s": number(found.offered_per_s),
    }
    for percent, latency in found.latency_ms.items():
        told[f"latency_ms_p{percent}"] = number(latency.lower_ms)
    return told | {"latency_ms_max": number(found.latency_ms_max)}
