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
from chaos_ext.conductor import current, preflight, refusal
from chaos_ext.errors import BadExperiment, ChaosExtError
from chaos_ext.evidence.redact import Redactor


def is_ours(experiment: Any) -> bool:
    """Whether the experiment uses anything of ours, however badly spelt."""
    if not isinstance(experiment, dict):
        return False
    return "chaos_ext" in str(experiment)


def load(source: str) -> Any:
    """The experiment at *source*; BadExperiment in one line when it cannot be read."""
    try:
        return load_experiment(source)
    except Exception as error:
        first = " ".join(str(error).split()) or type(error).__name__
        raise BadExperiment(f"{source}: {first}; see: chaos check {source}") from error


def _configured(experiment: dict[str, Any], params: dict[str, Any]) -> tuple[Any, Any]:
    config_vars, secret_vars = merge_vars(params["var"], params["var_file"]) or (None, None)
    try:
        configuration = load_configuration(experiment.get("configuration") or {}, config_vars)
        secrets = load_secrets(experiment.get("secrets") or {}, configuration, secret_vars)
    except Exception as error:
        raise BadExperiment(f"configuration: {' '.join(str(error).split())}") from error
    return configuration, secrets


@click.pass_context
def _run(context: click.Context, /, **params: Any) -> Any:
    source = str(params["source"])
    redactor = Redactor()
    try:
        experiment = load(source)
        if not is_ours(experiment):
            if not isinstance(experiment, dict):
                raise BadExperiment(f"{source}: an experiment must be a mapping")
            return context.invoke(host_run, **params)
        current.source(source)
        configuration, secrets = _configured(experiment, params)
        redactor = Redactor(secrets)
        telling.hide_secrets(redactor)
        findings = preflight.examine(experiment, configuration, secrets)
        if findings.problems:
            refusal.refuse(Path(source).stem, experiment, secrets, findings)
            sys.exit(1)
    except ChaosExtError as error:
        click.echo(redactor.text(f"{type(error).__name__}: {error}"), err=True)
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
