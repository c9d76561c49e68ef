"""`chaos prove`: run each weakened system; a claim that does not notice proves nothing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from chaos_ext.commands.run import load
from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.conductor.prepare import reports_root
from chaos_ext.proof import prove


@click.command("prove")
@click.argument("experiment")
@click.option("--only", default="", help="Only the proof of this name.")
@as_json
@told
def command(experiment: str, only: str, as_json: bool) -> None:
    """Run EXPERIMENT once for each of its proofs, with one protection weakened each time.

    The claim that a proof names must break. A proof that ends void, or that breaks only another
    claim, proves nothing. Exit code 0 only if every proof failed as it must.

    Example: chaos prove experiments/redis_failover.yaml
    """
    path = Path(experiment)
    results = prove.prove(path, load(experiment), reports_root(), only=only)
    unproven = prove.unproven(load(experiment))
    if as_json:
        told_ = {"proofs": [asdict(result) for result in results], "unproven": unproven}
        show_json(told_)
    else:
        for result in results:
            mark = "failed as it must" if result.noticed else "DID NOT NOTICE"
            click.echo(f"{result.breaks:<28} {result.proof:<32} {mark}: {result.detail}")
        for claim in unproven:
            click.echo(f"{claim:<28} {'(no proof)':<32} unproven")
    sys.exit(0 if results and all(result.noticed for result in results) else 1)
