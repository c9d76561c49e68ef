"""`chaos doctor`: what works on this machine, what does not, why, and what would make it work."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from chaos_ext.clock import possible as clocks
from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.disk import possible as disks
from chaos_ext.lab import doctor
from chaos_ext.network import possible as network
from chaos_ext.resource import possible as resource


@click.command("doctor")
@as_json
@told
def command(as_json: bool) -> None:
    """Look at this machine and say what works, what does not, and what would help.

    Exit code 0 when the main job works here (real servers, faults, evidence), 1 otherwise.

    Example: chaos doctor --json
    """
    rooms = (network, resource, disks, clocks)
    findings = [*doctor.examine(), *(each for room in rooms for each in room.checks())]
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "works" if finding.works else ("MISSING" if finding.needed else "no")
            click.echo(f"{mark:<8}{finding.name:<26}{finding.found}")
            if not finding.works and finding.remedy:
                click.echo(f"{'':<8}{'':<26}-> {finding.remedy}")
    sys.exit(0 if all(finding.works for finding in findings if finding.needed) else 1)
