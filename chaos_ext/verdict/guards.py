"""Guards against vacuous passes: a claim holds only if enough was asked for it to be tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.experiment.claims import METRICS
from chaos_ext.history.phases import BASELINE
from chaos_ext.verdict import resource_claims
from chaos_ext.verdict.met import IN_PLACE
from chaos_ext.verdict.model import Guard
from chaos_ext.verdict.readings import OF_WITNESS, phase_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos_ext.verdict.facts import Facts
    from chaos_ext.verdict.measures import Canary, Measures

ENOUGH = 50  # operations or arrivals in a phase; fewer is an anecdote
KEPT_PACE = 0.9  # a phase too short for ENOUGH needs this share of what its pace promises
OFFERED = 0.95  # of what was planned; less is another experiment
DATA = ("acknowledged_lost", "unexpected", "stayed_lost")
OF_ALL = ("acknowledged_lost", "unexpected", "unknown")  # they count every witness's writes
OF_FAULT = ("write_error_ratio_fault", "read_error_ratio_fault")
LATE_S_MAX = 1.0  # a witness that asks later than this has stood still and seen nothing
OVERDUE_S_MAX = 1.5  # the load process did not get to look; asking all sentinels may take 1 s
ERRORS_BEFORE_MAX = 0.01  # of the load; more, and somebody else was at work before the fault


@dataclass(frozen=True, slots=True)
class _Witness:
    """One of the witnesses a claim may read."""

    name: str
    writes: str  # how a guard calls what was asked by it
    told: list[dict[str, Any]]
    seen: Canary | None


def guards_for(metric: str, facts: Facts, measures: Measures) -> list[Guard]:
    """The guards that a claim about *metric* needs."""
    source = METRICS[metric].source
    if source == "load":
        phase = phase_of(metric)
        # A claim about the baseline itself tells of its errors.
        before = _undisturbed(facts, measures) if phase != BASELINE else ()
        return [*_of_load(phase, facts, measures), *before]
    if source == "resources":
        found = resource_claims.guards(metric, facts, measures, _phases(facts, measures))
        return [*found, *_undisturbed(facts, measures)]
    found = [] if metric not in OF_FAULT else [_while_in_place(metric, facts, measures)]
    for witness in _witnesses(metric, facts, measures):
        found += _of_canary(witness, facts, measures)
        if metric in DATA or source == "stays_with":
            found.append(_acknowledged(witness))
    found += [_landed(facts)] if source == "stays_with" else []
    found += _of_data(facts, measures) if metric in DATA else ()
    return [*found, *_undisturbed(facts, measures)]


def _witnesses(metric: str, facts: Facts, measures: Measures) -> Iterator[_Witness]:
    stays = METRICS[metric].source == "stays_with"
    if not stays:
        yield _Witness("the witness", "", facts.witness(stays=False), measures.canary)
    if stays or (facts.staying_name and metric in OF_ALL):
        name = "the witness that stays"
        yield _Witness(name, f" by {name}", facts.witness(stays=True), measures.staying)


def _of_canary(witness: _Witness, facts: Facts, measures: Measures) -> Iterator[Guard]:
    yield _alive(witness.name, witness.told)
    late_s = witness.seen.late_s if witness.seen else 0.0
    name, limit = f"{witness.name} kept its pace", f"at most {LATE_S_MAX:g} s late"
    yield Guard(name, limit, f"{late_s:.3f} s late", late_s <= LATE_S_MAX)
    for phase in _phases(facts, measures):
        yield from _asked(witness, phase, measures)


def _while_in_place(metric: str, facts: Facts, measures: Measures) -> Guard:
    match = OF_WITNESS.fullmatch(metric)
    assert match
    met = measures.met.get((match["kind"], IN_PLACE))
    needed = _enough(facts.witness(stays=False), met.lasted_s if met else 0.0)
    count = met.asked if met else 0
    name = f"{match['kind']}s asked while a fault was in place"
    return Guard(name, f">= {needed}", str(count), count >= needed)


def _acknowledged(witness: _Witness) -> Guard:
    count = witness.seen.acknowledged.get(BASELINE, 0) if witness.seen else 0
    name = f"writes{witness.writes} acknowledged in the phase baseline"
    return Guard(name, ">= 1", str(count), count >= 1)


def _landed(facts: Facts) -> Guard:
    landed = [event for event in facts.of("fault") if event.get("state") == "in_place"]
    told = "one did" if landed else "none did"
    return Guard("a fault landed", "one did", told, bool(landed))


def _undisturbed(facts: Facts, measures: Measures) -> Iterator[Guard]:
    if not _has_a_fault(facts):
        return
    failed = sum(each.failed_before for each in (measures.canary, measures.staying) if each)
    load = measures.load.get(BASELINE)
    errors = load.error_ratio if load and load.planned else 0.0
    yield Guard(
        "undisturbed before",
        f"no failed operation and load errors <= {ERRORS_BEFORE_MAX:.0%} in the baseline",
        f"{failed} failed operations, load errors {errors:.1%}",
        failed == 0 and errors <= ERRORS_BEFORE_MAX,
    )


def _has_a_fault(facts: Facts) -> bool:
    return bool(facts.faults or facts.of("fault"))


def _asked(witness: _Witness, phase: str, measures: Measures) -> Iterator[Guard]:
    needed = _enough(witness.told, measures.duration_s.get(phase, 0.0))
    asked = witness.seen.asked.get(phase, {}) if witness.seen else {}
    for kind in ("write", "read"):
        count = asked.get(kind, 0)
        name = f"{kind}s asked{witness.writes} in the phase {phase}"
        yield Guard(name, f">= {needed}", str(count), count >= needed)


def _enough(told: list[dict[str, Any]], duration_s: float) -> int:
    paces = [event["pace_ms"] for event in told if event.get("pace_ms")]
    if not paces:
        return ENOUGH
    promised = int(KEPT_PACE * duration_s * 1000 / float(paces[0]))
    return max(1, min(ENOUGH, promised))


def _phases(facts: Facts, measures: Measures) -> list[str]:
    if _has_a_fault(facts):
        return ["baseline", "fault", "recovery"]
    return list(dict.fromkeys(["baseline", *measures.duration_s]))


def _of_data(facts: Facts, measures: Measures) -> Iterator[Guard]:
    data = measures.data
    answers = facts.of("read_back")
    complete = bool(answers) and all(event.get("complete") is True for event in answers)
    told = "complete" if complete else "incomplete" if answers else "never begun"
    yield Guard("reading back", "complete", told, complete)
    unread = data.unread if data else _writes(measures.canary)
    yield Guard("writes not read back", "0", str(unread), unread == 0 and data is not None)


def _writes(canary: Canary | None) -> int:
    return canary.writes if canary else 0


def _of_load(phase: str, facts: Facts, measures: Measures) -> Iterator[Guard]:
    yield _alive("the load", facts.of("load"))
    for name in dict.fromkeys(["baseline", phase]):
        yield from _planned(name, facts, measures)
        yield _on_time(name, measures)
    baseline = measures.load.get("baseline")
    share = baseline.sent / baseline.planned if baseline and baseline.planned else 0.0
    yield Guard(
        "arrivals sent in the phase baseline",
        f">= {OFFERED:.0%} of planned",
        f"{share:.1%}",
        share >= OFFERED,
    )


def _planned(phase: str, facts: Facts, measures: Measures) -> Iterator[Guard]:
    figures = measures.load.get(phase)
    planned = figures.planned if figures else 0
    name = f"arrivals planned in the phase {phase}"
    yield Guard(name, f">= {ENOUGH}", str(planned), planned >= ENOUGH)
    rate_per_s = _rate_per_s(facts)
    owed = rate_per_s * (figures.duration_s if figures else 0.0)
    share = planned / owed if owed else 0.0
    yield Guard(
        f"{name}, of rate x time", f">= {OFFERED:.0%}", f"{share:.1%}", share >= OFFERED
    )


def _on_time(phase: str, measures: Measures) -> Guard:
    # Its errors would be its own: a busy machine, not the system that was asked.
    over_s = measures.overdue_s.get(phase, 0.0)
    return Guard(
        f"the load kept its deadlines in the phase {phase}",
        f"at most {OVERDUE_S_MAX:g} s over",
        f"{over_s:.3f} s over",
        over_s <= OVERDUE_S_MAX,
    )


def _rate_per_s(facts: Facts) -> float:
    rates = [event["rate_per_s"] for event in facts.of("load") if event.get("rate_per_s")]
    settings = facts.settings.get("load")
    written = settings.get("rate_per_s", 0) if isinstance(settings, dict) else 0
    return float(rates[0] if rates else written)


def _alive(who: str, told: list[dict[str, Any]]) -> Guard:
    states = [str(event.get("state")) for event in told]
    ok = "started" in states and "died" not in states
    was = "died" if "died" in states else "was alive" if ok else "never started"
    return Guard(who, "was alive", was, ok)
