"""`chaos faults`: what is in place now, from the ledger."""

from __future__ import annotations

import click

from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.lease.ledger import Ledger


@click.command("faults")
@as_json
@told
def command(as_json: bool) -> None:
    """List the faults that are in place, of all runs of this user.

    Example: chaos faults --json
    """
    leases = [lease.public() for lease in Ledger().leases()]
    if as_json:
        show_json(leases)
        return
    for lease in leases:
        name, state = (
            lease["fault"].removeprefix("chaos_ext."),
            lease["state"].replace("_", " "),
        )
        left = f"{lease['left_s']:.1f} s left" if lease["left_s"] > 0 else "overdue"
        click.echo(f"{name} on {lease['node']} (run {lease['run']}): {state}, {left}")
    if not leases:
        click.echo("no fault is in place")
