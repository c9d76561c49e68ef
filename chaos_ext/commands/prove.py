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
@click.option(
    "--trust-last", is_flag=True, help="A latest run that held, of this very content, will do."
)
@click.option("--strict", is_flag=True, help="A claim without a proof is a failure, too.")
@as_json
@told
def command(experiment: str, only: str, trust_last: bool, strict: bool, as_json: bool) -> None:
    """Run EXPERIMENT as it is, then once for each of its proofs, one protection weakened each time.

    The experiment itself must hold first, or its proofs show nothing. Then the claim that a proof
    names must break. A proof that ends void, or that breaks only another claim, proves nothing.
    Exit code 0 only if every proof failed as it must and, with --strict, every claim has a proof.

    Example: chaos prove experiments/redis_failover.yaml
    """
    path, content = Path(experiment), load(experiment)
    results = prove.prove(path, content, reports_root(), only=only, trust_last=trust_last)
    unproven = prove.unproven(content)
    if as_json:
        show_json({"proofs": [asdict(result) for result in results], "unproven": unproven})
    else:
        for result in results:
            mark = "failed as it must" if result.noticed else "DID NOT NOTICE"
            click.echo(f"{result.breaks:<28} {result.proof:<32} {mark}: {result.detail}")
        for claim in unproven:
            click.echo(f"{claim:<28} {'(no proof)':<32} unproven")
    noticed = bool(results) and all(result.noticed for result in results)
    sys.exit(0 if noticed and not (strict and unproven) else 1)
