"""A metric's name -> what was measured, with bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chaos_ext.experiment.claims import METRICS
from chaos_ext.verdict import resource_claims
from chaos_ext.verdict.met import IN_PLACE
from chaos_ext.verdict.model import NotMeasured, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.history.arrivals import Figures
    from chaos_ext.history.data import Data
    from chaos_ext.verdict.measures import Canary, Measures

_OF_LOAD = re.compile(
    r"(?P<what>error_ratio|dropped_ratio|latency_ms_p(?P<percent>\d+))_(?P<phase>[a-z]+)"
)
OF_WITNESS = re.compile(r"(?P<kind>write|read)_error_ratio_(?P<when>[a-z]+)")


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
    if METRICS[metric].source == "resources":
        return resource_claims.read(metric, measures)
    if match := OF_WITNESS.fullmatch(metric):
        return _met(match["kind"], match["when"], measures)
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
    staying = measures.staying.unknown if measures.staying else 0
    count = _canary(measures).unknown + staying
    return Reading(count, count, count, "", _shares(measures, count, staying))


def _lost(measures: Measures) -> Reading:
    data, staying = _data(measures), measures.staying_data
    return _lost_of(data, _shares(measures, data.lost, staying.lost if staying else 0))


def _lost_of(data: Data, shares: str = "") -> Reading:
    unread = data.acknowledged_unread
    detail = f"{unread} acknowledged writes could not be read back" if unread else ""
    told = "; ".join(text for text in (shares, detail) if text)
    return Reading(data.lost, data.lost, data.lost + unread, "", told)


def _unexpected(measures: Measures) -> Reading:
    count, staying = _data(measures).unexpected, measures.staying_data
    shares = _shares(measures, count, staying.unexpected if staying else 0)
    return Reading(count, count, count, "", shares)


def _shares(measures: Measures, count: int, staying: int) -> str:
    """Whose writes they are, where two witnesses wrote."""
    if not measures.staying:
        return ""
    system = measures.staying_name.partition("@")[0]
    return f"{count - staying} of {system}, {staying} of {measures.staying_name}"


def _stayed_acknowledged(measures: Measures) -> Reading:
    if not measures.staying:
        raise NotMeasured("no witness stayed with a node")
    still = measures.still
    if not still:
        raise NotMeasured("no fault landed that lasted")
    if still.upper_s == float("inf"):
        detail = "no write failed between the last acknowledged one and the end of the fault"
        return Reading(still.lower_s, still.lower_s, still.upper_s, "s", detail)
    value = (still.lower_s + still.upper_s) / 2 if still.count else 0.0
    detail = f"{still.count} writes were acknowledged after the fault had landed"
    return Reading(value, still.lower_s, still.upper_s, "s", detail)


def _stayed_lost(measures: Measures) -> Reading:
    if not measures.staying_data:
        raise NotMeasured("no witness stayed with a node, or its writes were not read back")
    return _lost_of(measures.staying_data)


_OF_CANARY: dict[str, Callable[[Measures], Reading]] = {
    "outage_s": _outage,
    "outages": _outages,
    "unknown": _unknown,
    "acknowledged_lost": _lost,
    "unexpected": _unexpected,
    "stayed_acknowledged_s": _stayed_acknowledged,
    "stayed_lost": _stayed_lost,
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


def _met(kind: str, when: str, measures: Measures) -> Reading:
    found = measures.met.get((kind, when))
    if not found or not found.asked:
        time = "while a fault was in place" if when == IN_PLACE else "in the phase recovery"
        raise NotMeasured(f"the witness sent no {kind} {time}")
    detail = f"{found.failed} of {found.asked} {kind}s, each for the time since the one before"
    return Reading(found.ratio, found.ratio, found.ratio, "", detail)


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
