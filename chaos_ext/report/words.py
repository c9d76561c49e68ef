"""Numbers and lists as a reader wants them, the same in text, HTML and JUnit."""

from __future__ import annotations

import math
from typing import Any

NOTHING = "-"


def number(value: Any, unit: str = "") -> str:
    """`2.31 s`; a word stays a word, and no end is told as such."""
    if value is None:
        return "no end"
    if value == "":
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    told = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
    if isinstance(value, float) and abs(value) >= 1000:  # noqa: PLR2004 - 4 digits are used up
        told = f"{value:,.0f}"
    return f"{told} {unit}".rstrip()


def bounds(claim: dict[str, Any]) -> str:
    """`2.29 to 2.34`; empty where what was measured is exact."""
    if not claim["bounds"] or claim["bounds"][0] == claim["bounds"][1]:
        return ""
    lower, upper = claim["bounds"]
    return f"{number(lower)} to {number(upper)}"


def percent(ratio: float) -> str:
    """`0.42 %`."""
    return f"{ratio * 100:.2f} %"


def latency(load: dict[str, Any], key: str) -> str:
    """`2.19 ms` for the *key* of a phase of the load; `>= 2,000 ms` where there is no upper end.

    What failed or was dropped was never answered: a rank that falls on one of those has a lower
    bound only, which is what a verdict holds.
    """
    percent = key.rpartition("_")[2].removeprefix("p")
    share = 1.0 if percent == "max" else int(percent) / 100
    endless = load["ok"] < math.ceil(share * load["planned"])
    return f"{'>= ' * endless}{number(load[key], 'ms')}"


def between(lower: float | None, upper: float | None) -> str:
    """`3.01 s to 3.05 s`, or what is known of it."""
    if lower is None:
        return NOTHING
    return f"{lower:.3f} s to {'no end' if upper is None else f'{upper:.3f} s'}"


def count(value: int | None) -> str:
    """`1,119`; a number that nobody has is told as such."""
    return NOTHING if value is None else f"{value:,}"


def outage(told: dict[str, Any]) -> str:
    """The longest outage in one phrase."""
    if not told:
        return "nobody watched"
    if not told["kind"]:
        silence = number(told["longest_silence_s"], "s")
        return f"none seen (one shorter than {silence} could not have been)"
    upper = "no end" if told["open"] else f"{told['upper_s']:.3f} s"
    return f"{told['lower_s']:.3f} s to {upper} ({told['kind']}s, {told['failed']} failed)"


def data(told: dict[str, Any]) -> str:
    """What became of the writes, in one phrase."""
    if not told:
        return "not read back"
    names = ("acknowledged", "lost", "unknown", "recovered", "unexpected", "unread")
    return ", ".join(f"{told[name]:,} {name}" for name in names)


def worst(told: dict[str, Any], kind: str) -> str:
    """`1.5 % (redis-1)`: the fullest of all servers; `-` where nobody knows."""
    known = {
        name: each[f"{kind}_ratio_max"]
        for name, each in told["targets"].items()
        if each[f"{kind}_ratio_max"] is not None
    }
    if not known:
        return NOTHING
    target = max(known, key=known.__getitem__)
    return f"{ratio(known[target])} ({target})"


def ratio(value: float | None) -> str:
    """`1.5 %`; `-` where nobody knows."""
    return NOTHING if value is None else f"{value * 100:.3g} %"


def landed(measured: dict[str, Any]) -> str:
    """What was measured when a fault landed."""
    return ", ".join(_landed(key, value) for key, value in measured.items()) or NOTHING


def _landed(key: str, value: Any) -> str:
    if key == "ms":
        return f"after {number(value, 'ms')}"
    if isinstance(value, bool):
        return key if value else f"not {key}"
    return f"{key} {told(value)}"


def told(value: Any) -> str:
    """`0.3`; of several values, each with what was counted of it."""
    if isinstance(value, dict):
        return f"({', '.join(f'{name}: {told(each)}' for name, each in value.items())})"
    if isinstance(value, list | tuple):
        return f"({', '.join(told(each) for each in value)})"
    return number(value) if isinstance(value, float) else str(value)
