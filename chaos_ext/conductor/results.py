"""What the host says of an activity or a reading, as one line for events and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# what an error is called when somebody did not answer: ConnectionRefusedError, ReadTimeout ...
NO_ANSWER = (
    "Unreachable", "ConnectionError", "RefusedError", "ResetError", "AbortedError",
    "PipeError", "TimeoutError", "Timeout", "ConnectError", "OSError",
)  # fmt: skip
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


def crashed(state: Mapping[str, Any] | None) -> bool:
    """Whether a probe broke down by itself, so that its reading says nothing of the service.

    No answer is an answer: a service that refuses or stays silent is not in its steady state.
    """
    found = state or {}
    if found and found.get("steady_state_met") is None:
        return True  # the host crashed over a tolerance
    failed = [p for p in found.get("probes") or [] if p.get("status") == "failed"]
    return any(
        not _last_line(probe).partition(":")[0].rpartition(".")[2].endswith(NO_ANSWER)
        for probe in failed
    )


def _wanted(probe: Mapping[str, Any]) -> str:
    return f"wanted {probe['activity'].get('tolerance')!r}, got {probe.get('output')!r}"


def _last_line(run: Mapping[str, Any]) -> str:
    lines = "".join(run.get("exception") or []).strip().splitlines()
    return str(lines[-1]).removeprefix(_SAYS_NOTHING) if lines else ""
