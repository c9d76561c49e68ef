"""`chaos run`: the host's own command, with the whole experiment checked before it begins.

The host ignores a control that cannot be imported and crashes on some malformed files. For an
experiment of ours both must be refused, in one line, with a folder that says so; any other
experiment is handed to the host untouched.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import click
from chaoslib import merge_vars
from chaoslib.configuration import load_configuration
from chaoslib.loader import load_experiment
from chaoslib.secret import load_secrets
from chaostoolkit.commands.run import run as host_run

from chaos_ext.commands import telling
from chaos_ext.commands.repeats import repeats
from chaos_ext.conductor import current, preflight, refusal
from chaos_ext.errors import BadExperiment, ChaosExtError
from chaos_ext.evidence.redact import Redactor
from chaos_ext.experiment import variables
from chaos_ext.experiment.strict import type_name


def is_ours(experiment: Any) -> bool:
    """Whether the experiment uses anything of ours, however badly spelt."""
    if not isinstance(experiment, dict):
        return False
    return "chaos_ext" in str(experiment)


def load(source: str) -> Any:
    """The experiment at *source*; BadExperiment in one line when it cannot be read."""
    try:
        loaded = load_experiment(source)
    except Exception as error:
        first = " ".join(str(error).split()) or type(error).__name__
        raise BadExperiment(f"{source}: {first}") from error
    if not isinstance(loaded, dict):
        raise BadExperiment(
            f"{source}: an experiment must be a mapping, not {type_name(loaded)}"
        )
    if is_ours(loaded) and (twice := repeats(Path(source))):
        raise BadExperiment(f"{source}: keys are there twice, keep one: {', '.join(twice)}")
    return loaded


def _loaded(experiment: dict[str, Any], params: dict[str, Any]) -> tuple[Any, Any, str]:
    """Configuration and secrets as the host loads them, or why it cannot."""
    try:
        config_vars, secret_vars = merge_vars(params["var"], params["var_file"])
        configuration = load_configuration(experiment.get("configuration") or {}, config_vars)
        secrets = load_secrets(experiment.get("secrets") or {}, configuration, secret_vars)
    except Exception as error:  # noqa: BLE001 - the host raises what it likes
        return None, None, f"configuration or secrets: {' '.join(str(error).split())}"
    if not all(isinstance(group, dict) for group in (secrets or {}).values()):
        return None, None, "secrets must hold groups"  # the host would crash later
    return configuration, secrets, ""


def _written(secrets: Any) -> list[dict[str, object]]:
    """The secrets as far as the file itself tells them."""
    groups = secrets if isinstance(secrets, dict) else {}
    return [variables.values({"secrets": {name: group}}) for name, group in groups.items()]


def _examine(
    source: str, experiment: dict[str, Any], params: dict[str, Any]
) -> tuple[Redactor, bool]:
    """Refuse the experiment if there is any reason to; from here on its secrets are hidden."""
    configuration, secrets, why = _loaded(experiment, params)
    hidden: Any = _written(experiment.get("secrets")) if why else secrets
    redactor = Redactor(hidden)
    telling.hide_secrets(redactor)
    findings = preflight.examine(experiment, configuration, secrets)
    if why and not findings.problems:
        findings.problems.append(why)
    if findings.problems:
        refusal.refuse(Path(source).stem, experiment, hidden, findings)
    return redactor, not findings.problems


def _refuse_unreadable(source: str, why: str) -> bool:
    """Leave a folder for a file that cannot be read, if it was meant for us."""
    try:
        ours = "chaos_ext" in Path(source).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    if ours:
        refusal.refuse(Path(source).stem, {}, {}, preflight.Findings(problems=[why]))
    return ours


@click.pass_context
def _run(context: click.Context, /, **params: Any) -> Any:
    source = str(params["source"])
    try:
        experiment = load(source)
        if not is_ours(experiment):
            return context.invoke(host_run, **params)
        current.source(source)
        redactor, may_begin = _examine(source, experiment, params)
    except BadExperiment as error:
        if not _refuse_unreadable(source, str(error)):
            telling.tell(error)
        sys.exit(1)
    except ChaosExtError as error:
        telling.tell(error)
        sys.exit(1)
    if not may_begin:
        sys.exit(1)
    return _guarded(context, params, redactor)


def _guarded(context: click.Context, params: dict[str, Any], redactor: Redactor) -> Any:
    if not telling.verbose():
        telling.quiet_host()
    try:
        return context.invoke(host_run, **params)
    except Exception as error:
        if isinstance(error, click.exceptions.Exit | click.ClickException):
            raise
        if telling.verbose():
            click.echo(redactor.text(traceback.format_exc()), err=True)
        click.echo(
            redactor.text(f"the host crashed: {' '.join(repr(error).split())}"), err=True
        )
        _keep_journal(Path(str(params["journal_path"])))
        sys.exit(1)
    finally:
        current.close(None)
        _tell()


def _keep_journal(path: Path) -> None:
    """Write the journal as far as it goes: a host that crashes writes none."""
    current.close(None)
    journal = current.journal()
    if journal is not None:
        path.write_text(json.dumps(journal, indent=2, default=str), encoding="utf-8")


def _tell() -> None:
    ended = current.last()
    if ended and ended.verdict:
        from rich.console import Console

        from chaos_ext.report import text

        text.show(ended.verdict, ended.run.folder, Console())


command = click.Command(
    "run",
    params=host_run.params,
    callback=_run,
    help="""Run the experiment loaded from SOURCE, a local file or an address (JSON or YAML).

    An experiment that names the control chaos_ext.control is checked as a whole first; then real
    servers are started if it asks for them, faults are leased, and the run ends with a verdict.
    The exit code is 0 for held and rehearsed, and 1 for everything else; `chaos verdict` tells
    them apart.

    Example: chaos run experiments/redis_failover.yaml""",
)
