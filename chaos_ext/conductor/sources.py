"""Servers of the user's own speak from whatever address they like: a fault between two of them may miss.

Servers of a lab are told to speak from their own address, so what one sends can be told from what
another, or a client, sends. For others the kernel knows from where they speak at this moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.environment import attach
from chaos_ext.errors import NotAllowed

if TYPE_CHECKING:
    from chaos_ext.environment.model import Environment

Ways = dict[str, dict[str, Any]]


def refuse_unseen(fault: str, environment: Environment, ways: Ways) -> None:
    """Refuse a *fault* between servers of which one speaks to another from a strange address."""
    nodes = {str(way["node"]): way for way in ways.values()}
    if len(nodes) < 2:  # noqa: PLR2004 - whoever sends it, it is on its way to this one
        return
    owners = {
        tuple(way[key]): name for name, way in nodes.items() for key in ("bind", "service")
    }
    for name, way in nodes.items():
        target = environment.targets.get(name)
        if target is None or not target.attach:
            continue
        own = {way["bind"][0], way["service"][0]}
        for source, to in _spoken(attach.find(target)):
            other = owners.get(to, name)
            if other != name and source not in own:
                raise NotAllowed(
                    f"{fault}: {name} speaks to {other} from {source}, which is not its own address, so "
                    "this would pass unhurt; have it bind its outgoing connections (bind-source-addr)"
                )


def _spoken(pid: int) -> list[tuple[str, tuple[str, int]]]:
    """From which address the process speaks, and to whom."""
    import psutil  # noqa: PLC0415 - on use

    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error as error:
        raise NotAllowed(f"nobody can see from where pid {pid} speaks: {error}") from error
    return [
        (_plain(each.laddr.ip), (_plain(each.raddr.ip), each.raddr.port))
        for each in connections
        if each.status == psutil.CONN_ESTABLISHED
    ]


def _plain(address: str) -> str:
    return address.removeprefix("::ffff:")  # IPv4 on a socket for both
