"""What the host says of an activity or a reading, as one line for events and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAYS_NOTHING = "chaoslib.exceptions.ActivityFailed: "


def failure(state: Mapping[str, Any] | None) -> str:
    """Why an activity did not succeed; empty when it did."""
    found = state or {}
    if found.get("status") == "succeeded":
        return ""
    return _last_line(found) or "it gave no result"


def unmet(state: Mapping[str, Any] | None) -> str:
    """Which probe was not as it should be, and what it said; empty when all were."""
    if not state:
        return "there was no reading"
    probes = state.get("probes") or []
    for probe in probes:
        name = probe["activity"].get("name")
        if probe.get("status") == "failed":
            return f"{name}: {_last_line(probe) or 'it failed'}"
        if not probe.get("tolerance_met"):
            return f"{name}: {_wanted(probe)}"
    if state.get("steady_state_met") is not None:
        return ""
    # The host crashed in the middle: on a tolerance after a probe, or on the first probe.
    if not probes:
        return "the host crashed while it asked the first probe"
    last = probes[-1]
    return f"the host crashed at or after {last['activity'].get('name')}: {_wanted(last)}"


def _wanted(probe: Mapping[str, Any]) -> str:
    return f"wanted {probe['activity'].get('tolerance')!r}, got {probe.get('output')!r}"


def _last_line(run: Mapping[str, Any]) -> str:
    lines = "".join(run.get("exception") or []).strip().splitlines()
    return str(lines[-1]).removeprefix(_SAYS_NOTHING) if lines else ""
