"""`chaos lab`: real servers on this machine that stand until they are taken down."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
import yaml

from chaos_ext.commands.telling import as_json, show_json, told
from chaos_ext.environment import read
from chaos_ext.errors import BadArgument, LabInUse, UnknownTarget
from chaos_ext.lab import native
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import Ledger
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group("lab")
def command() -> None:
    """Start, stop and look at real servers on loopback addresses of this machine.

    Example: chaos lab up redis
    """


def _settings(system: str, changes: Sequence[str] = ()) -> dict[str, Any]:
    known = read.load("native").systems
    if system not in known:
        raise UnknownTarget(f"no system {system!r}{nearest(system, list(known))}")
    wanted = {system: dict(_change(each) for each in changes)} if changes else {}
    return dict(read.load("native", wanted=wanted).systems[system])


def _change(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadArgument(f"--set {text}: must be KEY=VALUE, as in passthrough=true")
    return key, yaml.safe_load(value)


@command.command("up")
@click.argument("system", default="redis")
@click.option("--proxied", is_flag=True, help="Put a proxy in front of every server.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the environment's.",
)
@as_json
@told
def up(system: str, proxied: bool, changes: tuple[str, ...], as_json: bool) -> None:
    """Start SYSTEM (default: redis); it stands until `chaos lab down`, and runs use it.

    A run takes it if it is as the run wants it: with proxies, a pass-through for disks or clocks of
    their own when a fault needs them, and without when none does; else it starts a lab of its own
    beside it.

    Example: chaos lab up redis
    """
    ledger = Ledger(begins=True)
    settings = _settings(system, [*changes, *(["proxied=true"] if proxied else [])])
    sweep.sweep(ledger)
    found = native.standing(ledger, system)
    if found:
        raise LabInUse(f"lab {found.id} is up already; see: chaos lab status")
    if not as_json:
        click.echo(f"starting {system}: real servers on loopback addresses", err=True)
    lab = native.start(ledger, system, settings)
    shown = next(each for each in native.all_labs(ledger) if each["lab"] == lab.id)
    show_json(shown) if as_json else _show(shown)


@command.command("down")
@click.argument("system", default="")
@as_json
@told
def down(system: str, as_json: bool) -> None:
    """Stop the standing lab of SYSTEM, or all standing labs; their folders are removed.

    Example: chaos lab down redis
    """
    ledger = Ledger()
    if system:
        _settings(system)
    labs = [each for each in native.all_labs(ledger) if each["owner"] == "standing"]
    chosen = [each["lab"] for each in labs if system in ("", each["system"])]
    left = [line for lab in chosen for line in native.stop(ledger, lab)]
    if as_json:
        show_json({"down": chosen, "left": left})
    else:
        for line in [f"down: {lab}" for lab in chosen] or ["no standing lab is up"]:
            click.echo(line)
        for line in left:
            click.echo(f"NOT ended: {line}", err=True)
    sys.exit(4 if left else 0)


@command.command("status")
@click.argument("system", default="")
@as_json
@told
def status(system: str, as_json: bool) -> None:
    """Show every lab that is up, its nodes, their addresses and processes.

    Example: chaos lab status --json
    """
    labs = [each for each in native.all_labs(Ledger()) if system in ("", each["system"])]
    if as_json:
        show_json(labs)
        return
    for each in labs:
        _show(each)
    if not labs:
        click.echo("no lab is up; start one with: chaos lab up redis")


@command.command("logs")
@click.argument("system", default="redis")
@click.option("--node", default="", help="Only this node.")
@click.option("--lines", default=20, show_default=True, help="How many lines of each log.")
@as_json
@told
def logs(system: str, node: str, lines: int, as_json: bool) -> None:
    """Show the last lines of the servers' logs.

    Example: chaos lab logs redis --node sentinel-1 --lines 50
    """
    lab = native.standing(Ledger(), system)
    if lab is None:
        raise UnknownTarget(
            f"no standing {system} lab is up; start it with: chaos lab up {system}"
        )
    names = [each.name for each in lab.nodes]
    if node and node not in names:
        raise UnknownTarget(f"no node {node!r}{nearest(node, names)}")
    tails = {name: native.log_tail(lab, name, lines) for name in names if node in ("", name)}
    if as_json:
        show_json(tails)
        return
    for name, tail in tails.items():
        click.echo(f"--- {name}")
        click.echo("\n".join(tail))


def _show(lab: dict[str, Any]) -> None:
    used = f", used by run {lab['used_by']}" if lab["used_by"] else ""
    click.echo(f"{lab['lab']} ({lab['owner']}{used})  {lab['folder']}")
    click.echo(f"  program {lab['binary']}")
    for node in lab["nodes"]:
        click.echo(
            f"  {node['node']:<12} {node['address']:<22} {node['state']:<7} pid {node['pid']}"
        )
