"""The words an experiment may use, in one table, so that a typo can be told from a new idea."""

from __future__ import annotations

CONTROL = "chaos_ext.control"
EXTENSION = "chaos_ext"

FAULTS = {
    "process": ("kill", "terminate", "pause", "restart"),
    "network": (
        *("latency", "bandwidth", "loss", "cut", "reset", "slow_close"),
        *("slice", "limit", "partition", "dns", "flap"),
    ),
    "resource": ("cpu", "memory", "files", "connections", "processes"),
    "disk": ("full", "slow", "errors", "read_only"),
    "clock": ("skew", "jump"),
    "data": ("corrupt", "delete_keys", "repair", "stale_replica"),
}
FAULT_NAMES = tuple(f"{family}.{name}" for family, names in FAULTS.items() for name in names)

EXPERIMENT_KEYS = (
    *("title", "description", "tags", "configuration", "secrets", "extensions"),
    *("contributions", "controls", "steady-state-hypothesis", "method", "rollbacks"),
    *("runtime", "version", "dry"),
)
HYPOTHESIS_KEYS = ("title", "probes", "controls")
ACTIVITY_KEYS = (
    *("type", "name", "provider", "background", "pauses", "controls", "tolerance"),
    *("configuration", "timeout", "dry", "ref"),
)
PROVIDER_KEYS = {
    "python": ("type", "module", "func", "arguments", "secrets"),
    "http": (
        *("type", "url", "method", "headers", "arguments", "timeout"),
        *("verify_tls", "max_retries", "secrets"),
    ),
    "process": ("type", "path", "arguments", "timeout", "secrets"),
}
PROVIDER_NEEDS = {"python": ("module", "func"), "http": ("url",), "process": ("path",)}
CONTROL_KEYS = ("name", "provider", "scope", "automatic", "ref")
CONTROL_PROVIDER_KEYS = ("type", "module", "arguments", "secrets")
TOLERANCE_KEYS = {
    "probe": ("type", "name", "provider"),
    "regex": ("type", "pattern", "target"),
    "jsonpath": ("type", "path", "expect", "count", "target"),
    "range": ("type", "range", "target"),
}


def fault_of(module: str, func: str) -> str:
    """`process.kill` for a call of a fault, empty for any other call."""
    for family in FAULTS:
        if module == f"chaos_ext.{family}.actions":
            return f"{family}.{func}"
    return ""


def full_fault_name(word: str) -> str:
    """`process.kill` for `kill` or `process.kill`; empty when there is no such fault."""
    for name in FAULT_NAMES:
        if word in (name, name.split(".")[1]):
            return name
    return ""
