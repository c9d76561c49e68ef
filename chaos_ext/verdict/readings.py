"""A metric's name -> what was measured, with bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chaos_ext.experiment.claims import METRICS
from chaos_ext.verdict.model import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.history.arrivals import Figures
    from chaos_ext.history.data import Data
    from chaos_ext.verdict.measures import Canary, Measures

_OF_LOAD = re.compile(
    r"(?P<what>error_ratio|dropped_ratio|latency_ms_p(?P<percent>\d+))_(?P<phase>[a-z]+)"
)


class NotMeasured(LookupError):  # noqa: N818 - reads as a sentence in a claim's detail
    """The run has no rows for this metric."""

    def __str__(self) -> str:
        return str(self.args[0])


def phase_of(metric: str) -> str:
    """The phase that a metric of the load reads; a claim says `recovered` for `recovery`."""
    match = _OF_LOAD.fullmatch(metric)
    if not match:
        raise NotMeasured(f"{metric} is no metric of the load")
    return {"recovered": "recovery"}.get(match["phase"], match["phase"])


def read(metric: str, measures: Measures) -> Reading:
    """What was measured for *metric*; NotMeasured when there is nothing to read."""
    if METRICS[metric].source == "load":
        return _of_load(metric, measures)
    return _OF_CANARY[metric](measures)


def _outage(measures: Measures) -> Reading:
    canary = _canary(measures)
    if not canary.outage:
        detail = f"none was seen; one shorter than {canary.silence_s:.3f} s could not have been"
        return Reading(0.0, 0.0, canary.silence_s, "s", detail)
    outage = canary.outage
    if canary.open:
        detail = "an outage lasted when the last phase ended"
        return Reading(outage.lower_s, outage.lower_s, float("inf"), "s", detail)
    upper = max(outage.upper_s, canary.silence_s)
    return Reading(
        (outage.lower_s + upper) / 2, outage.lower_s, upper, "s", f"of {outage.kind}s"
    )


def _outages(measures: Measures) -> Reading:
    canary = _canary(measures)
    seen, unseen = canary.outages, canary.unseen
    detail = f"nothing was heard for {canary.silence_s:.3f} s: an outage may have gone unseen"
    return Reading(seen, seen, seen + unseen, "", detail if unseen else "")


def _unknown(measures: Measures) -> Reading:
    return _exactly(_canary(measures).unknown)


def _lost(measures: Measures) -> Reading:
    data = _data(measures)
    unread = data.acknowledged_unread
    detail = f"{unread} acknowledged writes could not be read back" if unread else ""
    return Reading(data.lost, data.lost, data.lost + unread, "", detail)


def _unexpected(measures: Measures) -> Reading:
    return _exactly(_data(measures).unexpected)


_OF_CANARY: dict[str, Callable[[Measures], Reading]] = {
    "outage_s": _outage,
    "outages": _outages,
    "unknown": _unknown,
    "acknowledged_lost": _lost,
    "unexpected": _unexpected,
}


def _of_load(metric: str, measures: Measures) -> Reading:
    match = _OF_LOAD.fullmatch(metric)
    figures = _figures(phase_of(metric), measures)
    assert match
    if match["what"] == "error_ratio":
        return _exactly(figures.error_ratio)
    if match["what"] == "dropped_ratio":
        return _exactly(figures.dropped_ratio)
    latency = figures.latency_ms[int(match["percent"])]
    detail = (
        ""
        if latency.lower_ms == latency.upper_ms
        else "failed and dropped arrivals have no end"
    )
    return Reading(latency.lower_ms, latency.lower_ms, latency.upper_ms, "ms", detail)


def _exactly(value: float) -> Reading:
    return Reading(value, value, value)


def _canary(measures: Measures) -> Canary:
    if not measures.canary:
        raise NotMeasured("no witness watched")
    return measures.canary


def _data(measures: Measures) -> Data:
    if not measures.data:
        raise NotMeasured("the writes were not read back")
    return measures.data


def _figures(phase: str, measures: Measures) -> Figures:
    figures = measures.load.get(phase)
    if not figures or not figures.planned:
        raise NotMeasured(f"no load arrived in the phase {phase}")
    return figures
