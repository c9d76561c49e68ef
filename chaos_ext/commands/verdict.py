"""`chaos verdict`: judge a run again from what is on disk."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.conductor.prepare import reports_root
from chaos_ext.errors import RunUnreadable, SealBroken
from chaos_ext.evidence import files, folder, manifest
from chaos_ext.verdict import words

VOID = words.EXIT_CODES["void"]


@click.command("verdict")
@click.argument("run", default="latest")
@as_json
@told
def command(run: str, as_json: bool) -> None:
    """Judge RUN again: a folder, a run's token, or an experiment's name (its latest run).

    The seal is checked, the claims are measured again from the raw rows, and the result is
    compared with what the run itself wrote. Exit code: 0 held, 1 broke, 3 void, 4 dirty,
    5 rehearsed.

    Example: chaos verdict reports/redis_failover/latest
    """
    from rich.console import Console

    from chaos_ext.report import text
    from chaos_ext.verdict import facts, judge

    try:
        place = folder.find(Path(run) if Path(run).is_dir() else run, reports_root())
        problems = manifest.verify(place)
        if problems:
            raise SealBroken(f"{place}: {'; '.join(problems)}")  # noqa: TRY301
        judged = judge.judge(facts.load(place))
    except (RunUnreadable, SealBroken) as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(VOID)
    written = files.read_json(place / "verdict.json")
    if written != judged.as_dict():
        click.echo(f"judged differently at the time: {written['verdict']}", err=True)
    if as_json:
        show_json(judged.as_dict())
    else:
        text.show(judged, place, Console())
    sys.exit(judged.exit_code)
