"""`chaos check`: everything that can be known of an experiment before it is run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from chaos_ext.commands.run import load
from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.conductor import paths, preflight
from chaos_ext.errors import ChaosExtError
from chaos_ext.lab import binaries, fittings, native
from chaos_ext.lease.ledger import Ledger

if TYPE_CHECKING:
    from chaos_ext.conductor.preflight import Findings
    from chaos_ext.lab.model import Lab


@click.command("check")
@click.argument("file")
@as_json
@told
def command(file: str, as_json: bool) -> None:
    """Check the experiment FILE as a run would, show what it would do, and start nothing.

    Exit code 0 when a run would begin, 1 when it would be refused.

    Example: chaos check experiments/redis_failover.yaml
    """
    experiment = load(file)
    values = experiment if isinstance(experiment, dict) else {}
    findings = preflight.examine(experiment, None, None)
    shown = _shown(file, values, findings)
    if as_json:
        show_json(shown)
    else:
        _print(shown)
    sys.exit(1 if shown["problems"] else 0)


def _shown(file: str, experiment: dict[str, Any], findings: Findings) -> dict[str, Any]:
    problems = list(findings.problems)
    shown: dict[str, Any] = {"file": file, "title": experiment.get("title", "")}
    settings, environment = findings.settings, findings.environment
    if settings and environment:
        used = {fault.target for fault in findings.faults}
        shown["environment"] = f"{environment.name} ({environment.kind})"
        shown["targets"] = {
            name: {"system": target.system, "hurt": name in used}
            for name, target in environment.targets.items()
        }
        wishes = paths.wishes(findings.faults)
        touched = {name: environment.systems[name] for name in findings.systems
                   if name in environment.systems}  # fmt: skip
        shown["systems"] = _systems(touched, wishes, problems)
        shown["claims"] = [claim.text for claim in settings.claims]
        shown["proofs"] = [
            f"{proof.name} must break {proof.breaks}" for proof in settings.proofs
        ]
    shown["faults"] = [
        f"{fault.name} on {fault.target} for {fault.for_s:g} s" for fault in findings.faults
    ]
    return {**shown, "problems": problems}


def _systems(systems: Any, wishes: dict[str, Any], problems: list[str]) -> dict[str, str]:
    found = {}
    ledger = Ledger()
    for name, asked in systems.items():
        settings = fittings.fitted(asked, wishes)
        try:
            binary = binaries.find(native.system(name).BINARY)
        except ChaosExtError as error:
            problems.append(str(error))
            continue
        where = _lab(native.standing(ledger, name), settings)
        around = "".join(f", {words}" for words in fittings.told(settings))
        found[name] = f"{where}{around}, with {binary.path} ({binary.found})"
    return found


def _lab(standing: Lab | None, settings: dict[str, Any]) -> str:
    """Which lab a run with these *settings* would take."""
    if standing is None:
        return "a lab of the run's own"
    if native.same_settings(standing, settings):
        return f"the standing lab {standing.id}"
    return f"a lab of the run's own ({standing.id}, which stands, has other settings)"


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"{shown['title']}  ({shown['file']})")
    if "environment" in shown:
        click.echo(f"environment: {shown['environment']}")
        hurt = [name for name, target in shown["targets"].items() if target["hurt"]]
        click.echo(f"targets: {', '.join(shown['targets'])}")
        click.echo(f"hurt: {', '.join(hurt) or 'nothing'}")
        for name, text in shown["systems"].items():
            click.echo(f"{name}: {text}")
        for kind in ("faults", "claims", "proofs"):
            for line in shown[kind]:
                click.echo(f"{kind[:-1]}: {line}")
    for problem in shown["problems"]:
        click.echo(f"PROBLEM: {problem}", err=True)
    click.echo("a run would be refused" if shown["problems"] else "a run would begin")
