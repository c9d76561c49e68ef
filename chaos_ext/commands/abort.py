"""`chaos abort`: heal first, then end a run."""

from __future__ import annotations

import sys

import click

from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.errors import UnknownTarget
from chaos_ext.lease import ending, sweep
from chaos_ext.lease.ledger import Ledger
from chaos_ext.words import nearest


@click.command("abort")
@click.argument("run", required=False, default="")
@as_json
@told
def command(run: str, as_json: bool) -> None:
    """Heal all faults of RUN, then end it; without RUN, the only one that is going on.

    The run's verdict is void: aborted. Exit code 0 when everything is healed, 4 otherwise.

    Example: chaos abort
    """
    ledger = Ledger()
    alive = sweep.guardians(ledger)
    if run and run not in alive:
        raise UnknownTarget(f"no run {run!r} is going on{nearest(run, list(alive))}")
    if not run and len(alive) > 1:
        raise UnknownTarget(f"several runs are going on: {', '.join(sorted(alive))}; name one")
    chosen = [run] if run else list(alive)
    left = [line for token in chosen for line in ending.end_run(ledger, token)]
    if as_json:
        show_json({"aborted": chosen, "left": left})
    elif chosen:
        click.echo(f"aborted: {', '.join(chosen)}" + (f"; NOT healed: {left}" if left else ""))
    else:
        click.echo("no run is going on")
    sys.exit(4 if left else 0)
