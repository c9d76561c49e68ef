"""Claims are sentences `metric operator number`: here they become values, or a reason why they cannot."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from chaos_ext.errors import BadExperiment
from chaos_ext.words import nearest, shown

PHASES = ("baseline", "fault", "recovered")
RESOURCES = ("memory", "cpu", "throttled", "files", "connections", "disk", "inodes")
GIVEN_BACK = ("memory", "files", "connections")  # once the harm is undone
GROWING = ("memory", "files")
OPERATORS = ("<=", ">=", "==", "<", ">")
_SENTENCE = re.compile(r"\s*([A-Za-z_]\w*)\s*([<>=!~]+)\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured: its unit, who measures it, and the largest value it can have."""

    unit: str
    source: Literal["watch", "load", "stays_with", "resources"]
    largest: float = math.inf


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the experiment, read."""

    text: str
    metric: str
    operator: str
    limit: float


METRICS: dict[str, Metric] = {
    "outage_s": Metric("s", "watch"),
    "outages": Metric("", "watch"),
    "acknowledged_lost": Metric("", "watch"),
    "unexpected": Metric("", "watch"),
    "unknown": Metric("", "watch"),
    "stayed_acknowledged_s": Metric("s", "stays_with"),
    "stayed_lost": Metric("", "stays_with"),
    **{
        f"{kind}_error_ratio_{phase}": Metric("", "watch", 1.0)
        for kind in ("write", "read")
        for phase in PHASES[1:]
    },
    **{f"error_ratio_{phase}": Metric("", "load", 1.0) for phase in PHASES},
    **{f"dropped_ratio_{phase}": Metric("", "load", 1.0) for phase in PHASES},
    **{
        f"latency_ms_{rank}_{phase}": Metric("ms", "load")
        for rank in ("p50", "p95", "p99")
        for phase in PHASES
    },
    **{f"{each}_ratio_max": Metric("", "resources") for each in RESOURCES},
    **{f"{each}_ratio_max_recovered": Metric("", "resources") for each in GIVEN_BACK},
    **{f"{each}_leaks": Metric("", "resources") for each in GROWING},
    **{f"{each}_leak_seen_ratio": Metric("", "resources") for each in GROWING},
}


# what an experiment must have for a metric to be measured at all, by the metric's source
NEEDS = {
    "watch": "`watch`: nothing measures it (an entry with `stays_with` does not)",
    "load": "`load`: nothing measures it",
    "resources": "a server on this machine: nothing measures it",
    "stays_with": "an entry of `watch` with `stays_with`: nothing measures it",
}


def parse(text: str) -> Claim:
    """The claim that *text* makes; BadExperiment when it makes none."""
    match = _SENTENCE.fullmatch(text)
    if not match:
        raise BadExperiment(
            f"claim {shown(text)} is not a sentence `metric operator number`, "
            "as in `outage_s <= 8`"
        )
    metric, operator, number = match.groups()
    if metric not in METRICS:
        raise BadExperiment(
            f"claim {shown(text)}: no metric {metric}{nearest(metric, METRICS)}"
        )
    if operator not in OPERATORS:
        raise BadExperiment(
            f"claim {shown(text)}: no operator {operator} (known: {', '.join(OPERATORS)})"
        )
    limit = _limit(text, metric, number)
    _refuse_if_decided(text, METRICS[metric], operator, limit)
    return Claim(text.strip(), metric, operator, limit)


def _limit(text: str, metric: str, number: str) -> float:
    try:
        limit = float(number)
    except ValueError:
        raise BadExperiment(
            f"claim {shown(text)}: {shown(number)} is not a number (the unit is in the metric)"
        ) from None
    if not math.isfinite(limit) or not 0 <= limit <= METRICS[metric].largest:
        raise BadExperiment(
            f"claim {shown(text)}: the limit must be a finite number from 0"
            f" to {METRICS[metric].largest:g}"
        )
    return limit


def _refuse_if_decided(text: str, metric: Metric, operator: str, limit: float) -> None:
    always = (operator == ">=" and limit == 0) or (operator == "<=" and limit == metric.largest)
    never = (operator == "<" and limit == 0) or (operator == ">" and limit == metric.largest)
    if always or never:
        raise BadExperiment(
            f"claim {shown(text)} is {'always' if always else 'never'} true: nothing is tested"
        )
