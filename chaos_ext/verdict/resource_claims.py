"""What a claim about resources reads, and what must have been looked at for it to count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chaos_ext.experiment.resources import Resources as Settings
from chaos_ext.history.leaks import BLOCKS_MIN
from chaos_ext.history.phases import RECOVERY
from chaos_ext.verdict.model import Guard, NotMeasured, Reading
from chaos_ext.verdict.resources import TOLD, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos_ext.verdict.facts import Facts
    from chaos_ext.verdict.measures import Measures
    from chaos_ext.verdict.resources import Grown, Resources

LOOKED = 0.9  # of the looks that the pace promises; fewer, and a peak may have gone by unseen
_METRIC = re.compile(
    r"(?P<kind>[a-z]+)_(?P<what>ratio_max|ratio_max_recovered|leaks|leak_seen_ratio)"
)


def read(metric: str, measures: Measures) -> Reading:
    """What was seen of the resources; NotMeasured where nobody looked, or nobody can know."""
    kind, what = _parts(metric)
    found = measures.resources
    if not found:
        raise NotMeasured("nobody looked at the servers")
    if what == "leaks":
        leaks = found.leaks(kind)
        return _exactly(len(leaks), "; ".join(map(told, leaks)))
    if what == "leak_seen_ratio":
        return _seen(found.leaks(kind))
    return _worst(kind, found, RECOVERY if what.endswith("recovered") else WHOLE)


def guards(metric: str, facts: Facts, measures: Measures, phases: Sequence[str]) -> list[Guard]:
    """The guards of a claim about *metric*; the run should have had *phases*."""
    kind, what = _parts(metric)
    states = [str(event.get("state")) for event in facts.of("sampler")]
    ok = "started" in states and "died" not in states
    was = "died" if "died" in states else "was alive" if ok else "never started"
    recovered = what.endswith("recovered")
    looked_in = [RECOVERY] if recovered else phases
    return [
        Guard("the sampler", "was alive", was, ok),
        *(_looked(phase, facts, measures) for phase in looked_in),
        _seen_all(RECOVERY if recovered else WHOLE, measures.resources),
        *_told_of(kind, what, looked_in, measures.resources),
        *([_judged(kind, what, measures.resources)] if "leak" in what else []),
    ]


def told(grown: Grown) -> str:
    """`redis-1 grows by 2.1 MB a minute (2.0 to 2.2); 90 % in 31 min`."""
    per_minute = [
        _amount(grown.kind, 60 * each)
        for each in (
            grown.growth.per_s, grown.growth.lower_per_s, grown.growth.upper_per_s,
        )
    ]  # fmt: skip
    full = "its limit is not known" if grown.limit != grown.limit else _when(grown.full_s)
    slope, lower, upper = per_minute
    return f"{grown.target} grows by {slope} a minute ({lower} to {upper}); {full}"


def _when(seconds: float) -> str:
    return "90 % are reached" if seconds == 0 else f"90 % in {seconds / 60:,.1f} min"


def _amount(kind: str, value: float) -> str:
    return f"{value / 2**20:.3g} MB" if kind == "memory" else f"{value:.3g} {kind}"


def _parts(metric: str) -> tuple[str, str]:
    match = _METRIC.fullmatch(metric)
    if not match:
        raise NotMeasured(f"{metric} is no metric of resources")
    return match["kind"], match["what"]


def _worst(kind: str, found: Resources, phase: str) -> Reading:
    known = found.peaks.get(phase, {}).get(kind, {})
    if not known:
        raise NotMeasured(f"no limit of {kind} is known, or no server told what it uses")
    target = max(known, key=known.__getitem__)
    unknown = [name for name in found.targets if name not in known]
    detail = f"{target}" + (f"; not known of {', '.join(unknown)}" if unknown else "")
    return _exactly(known[target], detail)


def _seen(leaks: Sequence[Grown]) -> Reading:
    if not leaks:
        return _exactly(float("inf"), "no growth was ever seen")
    last = max(leaks, key=lambda each: each.seen_ratio)
    return _exactly(last.seen_ratio, told(last))


def _exactly(value: float, detail: str) -> Reading:
    return Reading(value, value, value, "", detail)


def _looked(phase: str, facts: Facts, measures: Measures) -> Guard:
    paces = [float(event["every_ms"]) for event in facts.of("sampler") if event.get("every_ms")]
    every_s = (paces[0] if paces else Settings().every_ms) / 1e3
    needed = int(LOOKED * measures.duration_s.get(phase, 0.0) / every_s)
    count = measures.resources.looks.get(phase, 0) if measures.resources else 0
    name = f"looks at each server in the phase {phase}"
    return Guard(name, f">= {needed}", str(count), count >= needed)


def _told_of(
    kind: str, what: str, phases: Sequence[str], found: Resources | None
) -> Iterator[Guard]:
    """A server that stands still, or refuses to tell, may be full meanwhile."""
    if kind not in TOLD or not what.startswith("ratio"):
        return
    for phase in phases:
        shares = found.untold.get(phase, {}).get(kind, {}) if found else {}
        worst = max(shares, key=shares.__getitem__, default="")
        share = shares.get(worst, 0.0)
        name = f"looks that tell of {kind} in the phase {phase}"
        was = f"{1 - share:.0%} of {worst}" if worst else "none"
        yield Guard(name, f">= {LOOKED:.0%} of each server", was, share <= 1 - LOOKED)


def _seen_all(phase: str, found: Resources | None) -> Guard:
    alive = found.seen.get(phase, frozenset()) if found else frozenset()
    missing = [name for name in found.targets if name not in alive] if found else []
    name = f"servers seen{f' in the phase {phase}' if phase else ''}"
    was = f"not {', '.join(missing)}" if missing else "all" if alive else "none"
    return Guard(name, "all", was, bool(alive) and not missing)


def _judged(kind: str, what: str, found: Resources | None) -> Guard:
    missing = found.unjudged(kind) if found else []
    if found and found.leaks(kind) and what != "leaks":
        missing = []  # the growth was seen; that others may grow, too, changes nothing
    was = f"fewer of {', '.join(missing)}" if missing else "enough" if found else "none"
    required = f"{BLOCKS_MIN} of at least 1 s of each server, as one process"
    return Guard(f"blocks to see {kind} grow in", required, was, bool(found) and not missing)
