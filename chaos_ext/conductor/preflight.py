"""Everything that can be known before anything moves: the file, the environment, the guards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.conductor import trying
from chaos_ext.environment import guards, read
from chaos_ext.errors import BadExperiment, ChaosExtError
from chaos_ext.experiment import activities, check, settings, variables
from chaos_ext.words import joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.environment.model import Environment
    from chaos_ext.experiment.settings import Settings, Watch

START_S = 30.0  # a lab, a witness and a load are ready by then


@dataclass(slots=True)
class Findings:
    """What was read, and every reason not to begin."""

    settings: Settings | None = None
    environment: Environment | None = None
    problems: list[str] = field(default_factory=list)
    faults: list[guards.FaultRequest] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)  # that the run touches, each once


def examine(
    experiment: Any,
    configuration: Mapping[str, Any] | None,
    secrets: Mapping[str, Any] | None,
) -> Findings:
    """Check the whole experiment; nothing is started, nobody is asked.

    None for *configuration* and *secrets* where the host has loaded nothing yet.
    """
    findings = Findings(problems=check.problems(experiment, configuration, secrets))
    if findings.problems:
        return findings
    try:
        found = findings.settings = settings.read(experiment)
        findings.environment = read.load(found.environment, found.weaken, found.systems)
    except ChaosExtError as error:
        findings.problems.append(str(error))
        return findings
    _examine_proofs(findings, found, findings.environment)
    known = variables.values(experiment, configuration, secrets)
    _examine_targets(findings, findings.environment, experiment, known)
    return findings


def _examine_proofs(findings: Findings, found: Settings, environment: Environment) -> None:
    """A proof's weakening must be one that the lab knows; where there is no lab, none is run."""
    for index, proof in enumerate(found.proofs if environment.systems else ()):
        try:
            read.load(found.environment, proof.weaken, found.systems)
        except ChaosExtError as error:
            findings.problems.append(f"extensions.chaos_ext.proofs[{index}]: {error}")


def _examine_targets(
    findings: Findings,
    environment: Environment,
    experiment: Mapping[str, Any],
    known: Mapping[str, Any],
) -> None:
    calls = [c for c in activities.calls(experiment) if c.module.startswith("chaos_ext.")]
    targets = [(name, call.where) for call in calls for name in _named(call, known)]
    for target, where in targets:
        findings.problems += environment.problem_with(target, where)
    findings.systems = _systems(findings, environment, calls, [name for name, _ in targets])
    assert findings.settings
    for watch in findings.settings.watch:
        findings.problems += environment.problem_with_system(watch.system, "watch")
        findings.problems += _staying(environment, watch)
    if findings.settings.load:
        findings.problems += environment.problem_with_system(
            findings.settings.load.system, "load"
        )
    _examine_faults(findings, environment, activities.calls(experiment), known)


def _examine_faults(
    findings: Findings,
    environment: Environment,
    calls: Sequence[activities.Call],
    known: Mapping[str, Any],
) -> None:
    """Each fault takes its values, and the environment permits it; no mistake is told twice."""
    refused = trying.refused(calls, known)
    findings.problems += refused.values()
    taken = [call for call in calls if call.where not in refused]
    findings.faults = guards.requests(taken, known)
    told = {name for call in calls for name in _named(call, known)} - set(environment.targets)
    asked = [fault for fault in findings.faults if not told & {fault.target, *fault.peers}]
    now = world.utc_now()
    until = now + timedelta(seconds=longest_s(findings, calls, known))
    findings.problems += guards.check(environment, asked, now, until)


def _named(call: activities.Call, known: Mapping[str, Any]) -> list[str]:
    """The targets of *call* that are known before the run."""
    return guards.named(
        {key: variables.replaced(value, known) for key, value in call.arguments.items()}
    )


def _staying(environment: Environment, watch: Watch) -> list[str]:
    """Why a witness cannot stay with what it names; empty when it can, or names nothing."""
    if not watch.stays_with:
        return []
    where, found = "watch.stays_with", environment.targets.get(watch.stays_with)
    if found and found.system != watch.system:
        return [f"{where}: {watch.stays_with} is of {found.system}, not of {watch.system}"]
    return environment.problem_with(watch.stays_with, where)


def _systems(
    findings: Findings,
    environment: Environment,
    calls: Sequence[activities.Call],
    targets: Sequence[object],
) -> list[str]:
    """By what is watched and loaded, by target, and by module: a probe may name no target."""
    assert findings.settings
    named = [watch.system for watch in findings.settings.watch]
    named += [findings.settings.load.system] if findings.settings.load else []
    known = environment.targets
    named += [known[t].system for t in targets if isinstance(t, str) and t in known]
    nouns = [call.module.split(".")[1] for call in calls]
    named += [noun for noun in nouns if noun in environment.systems]
    return list(dict.fromkeys(named))


def longest_s(
    findings: Findings, calls: Sequence[activities.Call], known: Mapping[str, Any]
) -> float:
    """How long the run may hurt anybody: its waits, its faults, and the time to recover."""
    found = findings.settings
    assert found
    waits = [
        variables.replaced(call.pauses.get(k), known) for call in calls for k in call.pauses
    ]
    waited_s = sum(float(wait) for wait in waits if isinstance(wait, int | float))
    hurt_s = sum(fault.for_s for fault in findings.faults)
    return START_S + found.baseline_s * 2 + waited_s + hurt_s + found.recovers_within_s


def refuse(findings: Findings) -> None:
    """Raise with every problem in one line, the first five in full."""
    if findings.problems:
        raise BadExperiment(joined(findings.problems))
