"""`chaos heal`: heal everything of this user, whoever is alive and whoever is dead."""

from __future__ import annotations

import sys

import click

from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.lease import ending
from chaos_ext.lease.ledger import Ledger


@click.command("heal")
@as_json
@told
def command(as_json: bool) -> None:
    """Heal every fault that is in place, and end what dead runs left behind.

    Runs that are still going on are ended first: their verdict is void. It can be called at any
    time, twice, and after any crash. Exit code 0 when nothing is left, 4 otherwise.

    Example: chaos heal
    """
    swept = ending.heal_everything(Ledger())
    if as_json:
        show_json({"healed": swept.healed, "left": swept.left})
    else:
        for line in swept.healed:
            click.echo(f"healed: {line}")
        for line in swept.left:
            click.echo(f"NOT healed: {line}", err=True)
        if not swept.healed and not swept.left:
            click.echo("nothing was in place")
    sys.exit(4 if swept.left else 0)
