"""Everything that can be known before anything moves: the file, the environment, the guards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.environment import guards, read
from chaos_ext.errors import BadExperiment, ChaosExtError
from chaos_ext.experiment import activities, check, settings, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.environment.model import Environment
    from chaos_ext.experiment.settings import Settings


@dataclass(slots=True)
class Findings:
    """What was read, and every reason not to begin."""

    settings: Settings | None = None
    environment: Environment | None = None
    problems: list[str] = field(default_factory=list)
    faults: list[guards.FaultRequest] = field(default_factory=list)


def examine(
    experiment: Any, configuration: Mapping[str, Any], secrets: Mapping[str, Any]
) -> Findings:
    """Check the whole experiment; nothing is started, nobody is asked."""
    findings = Findings(problems=check.problems(experiment, configuration, secrets))
    if findings.problems:
        return findings
    try:
        findings.settings = settings.read(experiment)
        weaken = findings.settings.weaken
        findings.environment = read.load(findings.settings.environment, weaken)
    except ChaosExtError as error:
        findings.problems.append(str(error))
        return findings
    _examine_targets(findings, experiment, configuration)
    return findings


def _examine_targets(
    findings: Findings, experiment: Mapping[str, Any], known: Mapping[str, Any]
) -> None:
    environment, settings_ = findings.environment, findings.settings
    assert environment
    assert settings_
    calls = activities.calls(experiment)
    for call in calls:
        target = variables.replaced(call.arguments.get("target"), known)
        if call.module.startswith("chaos_ext.") and isinstance(target, str):
            findings.problems += environment.problem_with(target, call.where)
    for watch in settings_.watch:
        findings.problems += environment.problem_with_system(watch.system, "watch")
    if settings_.load:
        findings.problems += environment.problem_with_system(settings_.load.system, "load")
    findings.faults = guards.requests(calls, known)
    findings.problems += guards.check(environment, findings.faults, world.utc_now())


def refuse(findings: Findings) -> None:
    """Raise with every problem in one line, the first five in full."""
    if findings.problems:
        more = len(findings.problems) - 5
        shown = "; ".join(findings.problems[:5]) + (f"; and {more} more" if more > 0 else "")
        raise BadExperiment(shown)
