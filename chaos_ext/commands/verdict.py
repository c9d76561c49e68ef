"""`chaos verdict`: judge a run again from what is on disk."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos_ext.commands.telling import as_json, show_json, tell, told, unread_is_fine, verbose
from chaos_ext.conductor.prepare import reports_root
from chaos_ext.errors import RunUnreadable, SealBroken
from chaos_ext.evidence import files, folder, manifest
from chaos_ext.verdict import words

if TYPE_CHECKING:
    from chaos_ext.verdict.model import Verdict

VOID = words.EXIT_CODES["void"]


@click.command("verdict")
@click.argument("run", default="latest")
@as_json
@told
def command(run: str, as_json: bool) -> None:
    """Judge RUN again: a folder, a run's token, or an experiment's name (its latest run).

    The seal is checked, the claims are measured again from the raw rows, and the result is
    compared with what the run itself wrote. Exit code: 0 held, 1 broke, 3 void or not to be
    judged, 4 dirty, 5 rehearsed.

    Example: chaos verdict reports/redis_failover/latest
    """
    try:
        code = _judge_again(run, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - 1 would say that a claim was tested and false
        if verbose():
            traceback.print_exc()
        tell(error)
        code = VOID
    sys.exit(code)


def _judge_again(run: str, *, as_json: bool) -> int:
    """Print the verdict of today; its exit code."""
    from chaos_ext.verdict import facts, judge

    place = folder.find(Path(run) if Path(run).is_dir() else run, reports_root())
    if manifest.unfinished(place):
        raise RunUnreadable(
            f"{place}: the run did not reach its end, so it was never judged: it still runs, or was"
            " killed; see that nothing is left of it (chaos heal), and run it again"
        )
    problems = manifest.verify(place)
    if problems:
        raise SealBroken(f"{place}: {'; '.join(problems)}")
    written = files.read_json(place / "verdict.json")
    judged = judge.judge(facts.load(place))
    if written != judged.as_dict():
        click.echo(f"judged differently at the time: {written['verdict']}", err=True)
    with unread_is_fine():
        if as_json:
            show_json(judged.as_dict())
        else:
            _show(judged, place)
    return judged.exit_code


def _show(judged: Verdict, place: Path) -> None:
    from rich.console import Console

    from chaos_ext.report import text

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """Say so; its own way is to leave with 1, and that is a verdict's code."""
            raise BrokenPipeError

    text.show(judged, place, Terminal())
