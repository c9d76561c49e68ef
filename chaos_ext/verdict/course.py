"""The course of a run: whether what was asked for really happened, and all of it was undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.verdict.model import ClaimResult, FaultResult, Reading
from chaos_ext.verdict.words import BROKE, DIRTY, HELD, VOID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos_ext.verdict.facts import Facts

_LEFT = ("in_place", "unhealed")
MOMENTARY = "over"  # what the guardian says of a fault that landing ends, such as a restart
SHORTER_S_MAX = 0.2  # a fault may end this much before its time: clocks are read twice
_WHY_NO_TEST = {
    "lost": "was lost before its time",
    "refused": "was refused",
    "failed": "failed",
}


def dirt(facts: Facts) -> list[str]:
    """What may still be in place."""
    healed = facts.of("healed")
    reasons = []
    if healed and (healed[-1].get("verified") is not True or healed[-1].get("left")):
        left = ", ".join(str(item) for item in healed[-1].get("left") or ())
        reasons.append(f"healing could not be verified: {left or 'nobody could look'}")
    verified = healed[-1]["mono_ns"] if healed and not reasons else -1
    reasons += [
        f"{name_of(events[-1])} is {events[-1].get('state')} and was not healed"
        for events in by_lease(facts)
        if events[-1].get("state") in _LEFT and events[-1]["mono_ns"] > verified
    ]
    return reasons


def no_test(facts: Facts) -> list[str]:
    """Why no claim of this run was tested at all."""
    return [
        *_ended_early(facts),
        *_not_steady_before(facts),
        *_ended_by_others(facts),
        *_faults_missing(facts),
    ]


def failed_activities(facts: Facts) -> list[str]:
    """The activities of the method that did not succeed."""
    probes_only = facts.hypothesis_names - {str(step.get("name")) for step in facts.method}
    return [
        f"activity {event.get('name')!r} {event.get('status')}: {_line(event.get('error'))}"
        for event in facts.of("activity")
        if event.get("status") not in (None, "", "succeeded")
        and str(event.get("name")) not in probes_only
    ]


def steady_state(facts: Facts) -> list[ClaimResult]:
    """The steady state as claims: `after` always, `during` where it was asked."""
    after = [event for event in facts.of("steady_state") if event.get("when") == "after"]
    during = [event for event in facts.of("steady_state") if event.get("when") == "during"]
    unmet = [event for event in during if event.get("met") is not True]
    claims = [_steady("steady state during", (unmet or during)[0])] if during else []
    if after:
        return [*claims, _steady("steady state after", after[-1])]
    untold = ClaimResult("steady state after", "met", VOID, detail="it was not read")
    return [*claims, untold]


def recovered(facts: Facts) -> list[ClaimResult]:
    """How soon the steady state was back, as a claim, where the run waited for it."""
    return [_recovered(event) for event in facts.of("recovered")[-1:]]


def fault_results(facts: Facts) -> list[FaultResult]:
    """Every fault of the run, in the order they began."""
    dirty_leases = {
        events[-1].get("lease")
        for events in by_lease(facts)
        if events[-1].get("state") in _LEFT and dirt(facts)
    }
    return [_result(events, dirty_leases) for events in by_lease(facts)]


def by_lease(facts: Facts) -> list[list[dict[str, Any]]]:
    """The events of each fault; one that was refused before it had a lease stands alone."""
    leases: dict[object, list[dict[str, Any]]] = {}
    for event in facts.of("fault"):
        leases.setdefault(event.get("lease") or ("no lease", event.get("seq")), []).append(
            event
        )
    return list(leases.values())


def name_of(event: dict[str, Any]) -> str:
    """`process.kill on redis-primary`."""
    return f"{short(str(event.get('fault', '')))} on {event.get('target') or event.get('node')}"


def short(fault: str) -> str:
    """`chaos_ext.process.kill` and `chaos_ext.process.actions.kill` -> `process.kill`."""
    return ".".join(part for part in fault.split(".") if part not in ("chaos_ext", "actions"))


def _ended_early(facts: Facts) -> Iterable[str]:
    for event in facts.of("refused"):
        yield f"refused: {_line(event.get('reason'))}"
    yield from facts.problems
    for event in facts.of("aborted"):
        yield f"aborted: {_line(event.get('reason'))}"
    for event in facts.of("control_failed"):
        yield f"a control failed in {event.get('hook')}: {_line(event.get('error'))}"
    if not facts.of("run_ended") and not facts.of("refused"):
        yield "the run did not reach its end"


def _not_steady_before(facts: Facts) -> Iterable[str]:
    before = [event for event in facts.of("steady_state") if event.get("when") == "before"]
    if facts.of("refused") or facts.of("aborted"):
        return
    if not before:
        yield "the steady state was not read before"
    for event in before:
        if event.get("met") is not True:
            yield f"the steady state was not met before: {_line(event.get('detail'))}"


def _ended_by_others(facts: Facts) -> Iterable[str]:
    for event in facts.of("server_ended"):
        if event.get("expected") is not True:
            yield f"{event.get('node')} ended and no fault of ours did it"


def _faults_missing(facts: Facts) -> Iterable[str]:
    if facts.of("refused"):
        return
    landed: list[dict[str, Any]] = []
    for events in by_lease(facts):
        if reason := _why_no_test(events):
            yield f"{name_of(events[0])} {reason}"
        else:
            landed.append(events[0])
    for (fault, target), wanted in facts.faults.items():
        found = [event for event in landed if _is_call(event, fault, target)]
        if len(found) < wanted and not any(
            _is_call(e, fault, target) for e in facts.of("fault")
        ):
            yield f"{fault} on {target} did not land: it is in the method and never began"
        elif len(found) < wanted:
            yield f"{fault} on {target} landed {len(found)} of {wanted} times"


def _is_call(event: dict[str, Any], fault: str, target: str) -> bool:
    same_target = "${" in target or target in ("", event.get("target"))
    return same_target and short(str(event.get("fault", ""))) == fault


def _why_no_test(events: list[dict[str, Any]]) -> str:
    for event in events:
        if reason := _WHY_NO_TEST.get(str(event.get("state"))):
            detail = _line(event.get("detail"))
            return f"{reason}: {detail}" if detail else reason
        if event.get("early"):
            return "ended before its time"
    states = [event.get("state") for event in events]
    return _too_short(events) if "in_place" in states else "did not land"


def _too_short(events: list[dict[str, Any]]) -> str:
    landings = [event for event in events if event.get("state") == "in_place"]
    healed = [event for event in events if event.get("state") == "healed"]
    if not landings or not healed or healed[0].get("detail") == MOMENTARY:
        return ""
    landing = landings[0]
    asked_s = landing.get("for_s")
    if asked_s is None or landing.get("lasting") is True:
        return ""
    landed = landing.get("landed")
    # Its time began with the harm, and its effect was measured a moment later.
    landing_s = float(landed.get("ms", 0)) / 1e3 if isinstance(landed, dict) else 0.0
    lasted_s = (healed[0]["mono_ns"] - landing["mono_ns"]) / 1e9 + landing_s
    if lasted_s >= asked_s - SHORTER_S_MAX:
        return ""
    return f"ended after {max(0.0, lasted_s):.1f} of {asked_s:g} s"


def _result(events: list[dict[str, Any]], dirty_leases: set[Any]) -> FaultResult:
    # a momentary fault is over before its landing is told
    over = [e for e in events if e.get("state") == "healed" and e.get("detail") == MOMENTARY]
    last = over[0] if over else events[-1]
    in_place = [e["mono_ns"] for e in events if e.get("state") == "in_place"]
    ended = [e["mono_ns"] for e in events if e.get("state") in ("healed", "lost")]
    reason = _why_no_test(events)
    outcome = DIRTY if last.get("lease") in dirty_leases else VOID if reason else "ok"
    landed: dict[str, Any] = next(
        (e["landed"] for e in events if isinstance(e.get("landed"), dict)), {}
    )
    details = dict.fromkeys(_line(e.get("detail")) for e in events if e.get("detail"))
    return FaultResult(
        fault=short(str(last.get("fault", ""))),
        target=str(last.get("target") or ""),
        node=next((str(e["node"]) for e in events if e.get("node")), ""),
        lease=str(last.get("lease") or ""),
        state=str(last.get("state", "")),
        landed=landed,
        for_s=next((e["for_s"] for e in events if e.get("for_s") is not None), None),
        in_place_s=round(max(0, ended[-1] - in_place[0]) / 1e9, 3)
        if in_place and ended
        else None,
        early=any(bool(e.get("early")) for e in events),
        outcome=outcome,
        detail="; ".join(text for text in (*details, _too_short(events)) if text) or reason,
    )


def _steady(name: str, event: dict[str, Any]) -> ClaimResult:
    detail = _line(event.get("detail"))
    if event.get("met") is True:
        return ClaimResult(name, "met", HELD, measured="met", detail=detail)
    if event.get("crashed") is True:  # it says nothing of the service
        return ClaimResult(name, "met", VOID, detail=f"the check crashed: {detail}")
    return ClaimResult(name, "met", BROKE, measured="not met", detail=detail)


def _recovered(event: dict[str, Any]) -> ClaimResult:
    within_s, seconds = (float(event.get(key, "nan")) for key in ("within_s", "seconds"))
    reading = Reading(seconds, seconds, seconds, "s")
    name, required = f"recovered within {within_s:g} s", f"<= {within_s:g}"
    if event.get("crashed") is True:
        told = f"the check crashed: {_line(event.get('detail'))}"
        return ClaimResult(name, required, VOID, detail=told)
    if event.get("met") is not True:
        detail = "the steady state was not met by then"
        return ClaimResult(name, required, BROKE, reading, detail=detail)
    if seconds <= within_s:
        return ClaimResult(name, required, HELD, reading)
    detail = "the answer came after the time was up"  # nobody knows since when it was back
    return ClaimResult(name, required, VOID, reading, detail=detail)


def _line(value: Any) -> str:
    return " ".join(str(value).split()) if value not in (None, "") else ""
