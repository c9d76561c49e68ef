"""A client that is told of no change: how long it was served by what should have stopped serving.

The first fault had landed somewhere between its injection and the event that tells of it. When
the run's first healing began is not written down: a fault with a deadline was healed from its
deadline on, any other at most `HEALING_S_MAX` before the healing was verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.history.acknowledged import StillAcknowledged, still_acknowledged
from chaos_ext.history.phases import FAULT
from chaos_ext.verdict.course import SHORTER_S_MAX, by_lease

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.history.operations import Columns
    from chaos_ext.history.phases import Phase
    from chaos_ext.history.silence import Span
    from chaos_ext.verdict.facts import Facts

HEALING_S_MAX = 10.0  # healing that takes longer was given up, and the run is dirty
_OVER = ("healed", "lost", "unhealed")


def stayed(facts: Facts, columns: Columns, spans: Sequence[Phase]) -> StillAcknowledged | None:
    """What *columns* show of the first fault; None when none landed, or for no time at all."""
    landed = [began(events) for events in by_lease(facts)]
    landings = sorted(each for each in landed if each)
    ends = [end for name, _, end in spans if name == FAULT]
    if not landings or not ends:
        return None
    healed = [ended(events) for events in by_lease(facts)]
    healings = [(max(ends), max(ends)), *(each for each in healed if each)]
    first = min(early for early, _ in healings), min(late for _, late in healings)
    return (
        still_acknowledged(columns, landings[0], first) if first[1] > landings[0][1] else None
    )


def began(events: Sequence[dict[str, Any]]) -> Span | None:
    """The earliest and the latest instant at which a fault had landed; None when it never did."""
    landing = _first(events, ("in_place",))
    if landing is None:
        return None
    landed = landing.get("landed")
    took_ns = int(float(landed.get("ms", 0)) * 1e6) if isinstance(landed, dict) else 0
    return landing["mono_ns"] - took_ns, landing["mono_ns"]


def ended(events: Sequence[dict[str, Any]]) -> Span | None:
    """Likewise at which its healing began; None when it is not known to have been healed."""
    since, over = began(events), _first(events, _OVER)
    if since is None or over is None:
        return None
    landing, verified_ns = _first(events, ("in_place",)) or {}, int(over["mono_ns"])
    for_s, lasting = landing.get("for_s"), landing.get("lasting") is True
    if for_s is not None and not lasting:
        due_ns = since[0] + int(float(for_s) * 1e9)
        on_time_ns = due_ns - int(SHORTER_S_MAX * 1e9)
        if verified_ns >= on_time_ns:
            return on_time_ns, min(verified_ns, due_ns)
    return verified_ns - int(HEALING_S_MAX * 1e9), verified_ns


def _first(events: Sequence[dict[str, Any]], states: Sequence[str]) -> dict[str, Any] | None:
    return next((event for event in events if event.get("state") in states), None)
