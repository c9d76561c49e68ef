"""The experiment whose run is killed, as its file says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalogue import LABS, ROWS
from plan import OWN_LAB

if TYPE_CHECKING:
    from plan import Kill

BASELINE_S = 0.3


def experiment(kill: Kill) -> dict[str, Any]:
    """One fault in one lab; the steady state asks nothing that a failover disturbs."""
    ours: dict[str, Any] = {
        "name": "chaos_ext", "environment": "native", "baseline_s": BASELINE_S,
    }  # fmt: skip
    if kill.watch:
        ours["watch"] = ["redis"]
    if kill.lab == OWN_LAB:  # other settings than those of the standing lab
        ours["weaken"] = {"redis": {"down_after_ms": 1500}}
    elif LABS[kill.lab]:
        ours["systems"] = {"redis": dict(LABS[kill.lab])}
    return {
        "title": f"Kill {kill.number} of the crash campaign",
        "description": "Its runner is killed before it is over.",
        "controls": [{"name": "chaos_ext", "provider": _provider("chaos_ext.control")}],
        "extensions": [ours],
        "steady-state-hypothesis": {"title": "There is a lab", "probes": [_probe()]},
        "method": [_action(kill)],
    }


def _provider(module: str, **more: Any) -> dict[str, Any]:
    return {"type": "python", "module": module, **more}


def _probe() -> dict[str, Any]:
    module = "chaos_ext.process.probes"
    asked = _provider(module, func="is_running", arguments={"target": "sentinel-1"})
    return {"type": "probe", "name": "a node runs", "tolerance": True, "provider": asked}


def _action(kill: Kill) -> dict[str, Any]:
    row = ROWS[kill.fault]
    arguments = {"target": kill.target, "for_s": kill.for_s, **row.arguments}
    done = _provider(f"chaos_ext.{row.room}.actions", func=row.func, arguments=arguments)
    return {"type": "action", "name": "the fault", "provider": done}
