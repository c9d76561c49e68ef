"""Guards say no before anything moves; one that cannot be evaluated says no as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from chaos_ext.environment import blackouts
from chaos_ext.environment.names import may_be_the_same
from chaos_ext.errors import BadEnvironment
from chaos_ext.experiment import signatures, variables
from chaos_ext.values import is_number
from chaos_ext.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from chaos_ext.environment.model import Environment
    from chaos_ext.experiment.activities import Call

ISOLATE = "isolate"  # the shape of a partition that hurts one node alone
_HEALING_S = 5.0  # a lease that has ended may take this long to be undone


@dataclass(frozen=True, slots=True)
class FaultRequest:
    """A fault that the method will ask for, in its order.

    *waits_s* is the time that passes for certain between the return of the fault before and
    the injection of this one; *lasts* is true when it stays in place until the run heals.
    """

    name: str  # process.kill
    target: str
    for_s: float
    background: bool = False
    waits_s: float = 0.0
    lasts: bool = False
    peers: tuple[str, ...] = ()  # whom else it names, for a fault between targets
    everyone: bool = False  # it hurts every node of the target's system


def requests(calls: Sequence[Call], known: Mapping[str, object]) -> list[FaultRequest]:
    """The faults among *calls*, in order; *known* are the values of the experiment's `${...}`."""
    found = []
    waits_s = 0.0
    for call in calls:
        if call.section != "method":
            continue
        before_s, after_s = (_pause_s(call, key, known) for key in ("before", "after"))
        waits_s += before_s
        if call.fault:
            found.append(_request(call, signatures.complete(call, known), waits_s))
            waits_s = 0.0
        waits_s += after_s
    return found


def _pause_s(call: Call, key: str, known: Mapping[str, object]) -> float:
    pause = variables.replaced(call.pauses.get(key), known)
    if call.background or not is_number(pause):  # a pause in the background delays nobody else
        return 0.0
    return max(0.0, cast("float", pause))


def _request(call: Call, arguments: Mapping[str, object], waits_s: float) -> FaultRequest:
    for_s = arguments.get("for_s")
    first, *others = named(arguments) or [""]
    return FaultRequest(
        name=call.fault,
        target=first,
        for_s=cast("float", for_s) if is_number(for_s) else 0.0,
        background=call.background,
        waits_s=waits_s,
        lasts=arguments.get("restart") is False,
        peers=tuple(others),
        everyone=hurts_everyone(arguments),
    )


def hurts_everyone(arguments: Mapping[str, object]) -> bool:
    """Whether a call makes a shape of all nodes: isolate hurts one, `between` those it names."""
    named_groups = arguments.get("between") or arguments.get("groups")
    return not named_groups and arguments.get("shape", ISOLATE) not in ("", ISOLATE)


def named(arguments: Mapping[str, object]) -> list[str]:
    """Every target that a call names: `target`, the groups of `between`, and `only_from`."""
    wanted = [arguments.get("target"), *_flat(arguments.get("between"))]
    wanted.append(arguments.get("only_from"))
    return list(dict.fromkeys(each for each in wanted if isinstance(each, str) and each))


def _flat(groups: object) -> list[object]:
    if not isinstance(groups, list):
        return []
    return [each for group in groups for each in (_flat(group) or [group])]


def check(
    environment: Environment,
    faults: Sequence[FaultRequest],
    now: datetime,
    until: datetime | None = None,
) -> list[str]:
    """Every reason why *faults* may not be done here from *now* to *until*."""
    if not faults:
        return []
    return [
        *(reason for fault in faults for reason in _time(environment, fault)),
        *(
            reason
            for fault in faults
            for target in (fault.target, *fault.peers)
            for reason in _target(environment, fault, target)
        ),
        *(reason for fault in faults for reason in _everyone(environment, fault)),
        *_at_once(environment, faults),
        *_blacked_out(environment, now, until or now),
    ]


def _target(environment: Environment, fault: FaultRequest, name: str) -> list[str]:
    if not name:
        return [f"{fault.name}: its target is not known before the run: write its name"]
    target = environment.targets.get(name)
    if target is None:
        return environment.problem_with(name, fault.name)
    what, here = f"{fault.name} on {name}", f"environment {environment.name}"
    found = []
    if environment.allow is not None and not permitted(fault.name, environment.allow):
        found.append(f"{what} is not allowed: {here} allows {_listed(environment.allow)}")
    if target.allow is not None and not permitted(fault.name, target.allow):
        found.append(f"{what} is not allowed: the target allows {_listed(target.allow)}")
    for never in environment.limits.never:
        if never == name:
            found.append(f"{what} is not allowed: limits.never of {here} names the target")
        elif may_be_the_same(never, name):
            found.append(f"{what} is not allowed: it may be {never}, which limits.never names")
    return found


def _everyone(environment: Environment, fault: FaultRequest) -> list[str]:
    target = environment.targets.get(fault.target)
    if target is None or not fault.everyone:
        return []
    here = f"limits.never of environment {environment.name}"
    return [
        f"{fault.name} on {fault.target} is not allowed: it hurts every node of {target.system},"
        f" and {here} names {never}"
        for never in environment.limits.never
        if never != fault.target and environment.targets[never].system == target.system
    ]


def _time(environment: Environment, fault: FaultRequest) -> list[str]:
    most = environment.limits.for_s_max
    if 0 < fault.for_s <= most:
        return []
    what = f"{fault.name} on {fault.target} for {fault.for_s:g} s"
    here = f"environment {environment.name}"
    return [f"{what} is not allowed: for_s_max of {here} is {most:g} s"]


def permitted(fault: str, allow: Iterable[str]) -> bool:
    """Whether *fault* (`process.kill`) is among *allow*, where `kill` alone is enough."""
    return any(word in (fault, fault.partition(".")[2]) for word in allow)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"


def _at_once(environment: Environment, faults: Sequence[FaultRequest]) -> list[str]:
    most, count = environment.limits.faults_at_once, at_once(faults)
    if count <= most:
        return []
    where = f"environment {environment.name} allows {most}"
    advice = "shorten for_s, or pause longer in between"
    return [f"{count} faults may be in place at once, and {where}: {advice}"]


def at_once(faults: Sequence[FaultRequest]) -> int:
    """How many of *faults* can be in place together, when nothing but pauses is sure to take time."""
    worst = 0
    alive: list[float] = []  # the seconds each may stay in place
    for fault in faults:
        alive = [left - fault.waits_s for left in alive if left > fault.waits_s]
        endless = fault.background or fault.lasts  # when it begins or ends is not known
        alive.append(float("inf") if endless else fault.for_s + _HEALING_S)
        worst = max(worst, len(alive))
    return worst


def _blacked_out(environment: Environment, now: datetime, until: datetime) -> list[str]:
    if now.tzinfo is None or until.tzinfo is None or until < now:
        return ["blackouts cannot be evaluated: the time of the run is not known"]
    found = []
    for text in environment.blackouts:
        try:
            meets = blackouts.parse(text).meets(now, until)
        except (BadEnvironment, OverflowError) as error:
            found.append(str(error))
            continue
        if meets:
            found.append(f"blackout {shown(text)}: the run would be within it")
    return found
