"""Measures -> the outage, data, load, stayed and resources of `verdict.json`, claimed or not."""

from __future__ import annotations

import math
from math import isinf
from typing import TYPE_CHECKING, Any

from chaos_ext.experiment.claims import GIVEN_BACK
from chaos_ext.history.phases import RECOVERY
from chaos_ext.history.usage import KINDS
from chaos_ext.verdict.model import number
from chaos_ext.verdict.resource_claims import told
from chaos_ext.verdict.resources import WHOLE

if TYPE_CHECKING:
    from chaos_ext.history.acknowledged import StillAcknowledged
    from chaos_ext.history.arrivals import Figures
    from chaos_ext.history.data import Data
    from chaos_ext.verdict.measures import Measures
    from chaos_ext.verdict.resources import Grown


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


def stayed(measures: Measures, node: str) -> dict[str, Any]:
    """What became of a client that nobody told of a change; empty when there was none."""
    seen, data, still = measures.staying, measures.staying_data, measures.still
    if not seen:
        return {}
    return {
        "witness": measures.staying_name,
        "node": node,
        "acknowledged_lower_s": number(still.lower_s) if still else None,
        "acknowledged_upper_s": number(still.upper_s) if still else None,
        "acknowledged_after": still.count if still else None,
        "acknowledged": data.acknowledged if data else None,
        "lost": data.lost if data else None,
        "unknown": seen.unknown,
        "unread": data.unread if data else None,
        "lost_sample": list(data.lost_sample) if data else [],
        "meaning": " ".join([_who(node), _how_long(still), _lost(data)]),
    }


def _who(node: str) -> str:
    return f"A client that was told of no change kept writing to {node or 'one node'}."


def _how_long(still: StillAcknowledged | None) -> str:
    if not still:
        return "No fault landed that lasted."
    if isinf(still.upper_s):
        return (
            f"While the fault was in place, its writes were acknowledged for at least"
            f" {still.lower_s:.3f} s, and none failed after that before it was healed."
        )
    if not still.count:
        return (
            "While the fault was in place, none of its writes was acknowledged after"
            f" {still.upper_s:.3f} s."
        )
    return (
        "While the fault was in place, its writes were acknowledged for"
        f" {still.lower_s:.3f} to {still.upper_s:.3f} s, and no longer."
    )


def _lost(data: Data | None) -> str:
    if not data:
        return "They were not read back."
    if data.acknowledged_unread and not data.lost:
        count = data.acknowledged_unread
        return f"{count} of its acknowledged writes could not be read back; none is known to be lost."
    if not data.lost:
        return f"None of its {data.acknowledged} acknowledged writes was lost."
    return f"It was told that {data.acknowledged} writes were kept, and {data.lost} of them are gone."


def resources(measures: Measures) -> dict[str, Any]:
    """How full the resources of each server were at most, and what leaks; empty when nobody looked."""
    found = measures.resources
    if not found:
        return {}
    parts = (("max", found.peaks[WHOLE]), ("max_recovered", found.peaks[RECOVERY]))
    return {
        "targets": {
            name: {
                f"{kind}_ratio_{part}": number(peaks[kind].get(name, math.nan))
                for part, peaks in parts
                for kind in (KINDS if part == "max" else GIVEN_BACK)
            }
            for name in found.targets
        },
        "leaks": [_leak(each) for each in found.grown if each.growth.leaks],
    }


def _leak(grown: Grown) -> dict[str, Any]:
    return {
        "target": grown.target,
        "what": grown.kind,
        "per_minute": number(60 * grown.growth.per_s),
        "lower_per_minute": number(60 * grown.growth.lower_per_s),
        "upper_per_minute": number(60 * grown.growth.upper_per_s),
        "blocks": grown.growth.blocks,
        "block_s": number(grown.growth.block_s),
        "seen_ratio": number(grown.seen_ratio),
        "full_s": number(grown.full_s),
        "meaning": told(grown),
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
