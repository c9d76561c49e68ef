"""Facts -> verdict: pure, so that the same evidence always gives the same word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment.claims import parse
from chaos_ext.verdict import course, summary
from chaos_ext.verdict.claims import evaluate
from chaos_ext.verdict.guards import guards_for
from chaos_ext.verdict.model import ClaimResult, Guard, Verdict, number
from chaos_ext.verdict.words import BROKE, DIRTY, HELD, REHEARSED, VOID, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.verdict.facts import Facts
    from chaos_ext.verdict.measures import Measures


def judge(facts: Facts) -> Verdict:
    """The verdict that *facts* allow."""
    measures, unmeasured = _measures(facts)
    dirt, no_test = course.dirt(facts), course.no_test(facts) + unmeasured
    guards: dict[Guard, None] = {}
    claims = [_claim(text, facts, measures, guards) for text in facts.claims]
    claims += [*course.recovered(facts), *course.steady_state(facts)]
    if no_test:
        claims = [_not_tested(claim, no_test[0]) for claim in claims]
    stand_ins = _stand_ins(facts)
    voids = [*no_test, *course.failed_activities(facts)]
    words = [claim.outcome for claim in claims]
    words += [DIRTY] * bool(dirt) + [VOID] * bool(voids) + [REHEARSED] * bool(stand_ins)
    word = worst(words)
    return Verdict(
        word=word,
        reason=_reason(word, claims, dirt, voids, stand_ins),
        run=facts.started("run"),
        experiment=facts.started("experiment"),
        title=facts.started("title") or str(facts.experiment.get("title") or ""),
        claims=tuple(claims),
        guards=tuple(guards),
        faults=tuple(course.fault_results(facts)),
        outage=summary.outage(measures),
        data=summary.data(measures),
        load=summary.load(measures),
        stayed=summary.stayed(measures, facts.staying_node),
        resources=summary.resources(measures),
        control_of=str(facts.settings.get("control_of") or ""),
    )


def _measures(facts: Facts) -> tuple[Measures, list[str]]:
    from chaos_ext.verdict import measures  # noqa: PLC0415 - numpy, only when judging

    try:
        return measures.measure(facts), []
    except Exception as problem:  # noqa: BLE001 - what cannot be measured has not been tested
        nothing = measures.Measures(duration_s={}, canary=None, data=None, load={})
        return nothing, [f"the rows could not be measured: {problem!r}"]


def _claim(
    text: str, facts: Facts, measures: Measures, guards: dict[Guard, None]
) -> ClaimResult:
    try:
        claim = parse(text)
        needed = guards_for(claim.metric, facts, measures)
    except BadExperiment as problem:
        return ClaimResult(text, "", VOID, detail=str(problem))
    except Exception as problem:  # noqa: BLE001 - a guard that crashed has guarded nothing
        return ClaimResult(text, "", VOID, detail=repr(problem))
    guards.update(dict.fromkeys(needed))
    return evaluate(claim, measures, needed)


def _not_tested(claim: ClaimResult, reason: str) -> ClaimResult:
    return replace(claim, outcome=VOID, detail=f"not tested: {reason}")


def _stand_ins(facts: Facts) -> list[str]:
    return sorted(
        {str(n) for event in facts.of("environment_up") for n in event.get("stand_ins") or ()}
    )


def _reason(
    word: str,
    claims: Sequence[ClaimResult],
    dirt: Sequence[str],
    voids: Sequence[str],
    stand_ins: Sequence[str],
) -> str:
    if word == DIRTY:
        return "; ".join(dirt)
    if word == BROKE:
        return "; ".join(_told(claim) for claim in claims if claim.outcome == BROKE)
    if word == VOID:
        untested = [f"{c.claim}: {c.detail}" for c in claims if c.outcome == VOID]
        return "; ".join([*voids[:1], *untested][:1])
    tested = f"{len(claims)} of {len(claims)} claims were tested and true"
    if word == REHEARSED:
        return f"{tested}, but these were stand-ins: {', '.join(stand_ins)}"
    assert word == HELD
    return tested


def _told(claim: ClaimResult) -> str:
    if not claim.reading:
        return f"{claim.claim}: {claim.measured}" + (
            f" ({claim.detail})" if claim.detail else ""
        )
    value = number(claim.reading.value)
    return f"{claim.claim} is false: measured {value} {claim.reading.unit}".rstrip()
