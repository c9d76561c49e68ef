"""The way to a target through the network: its addresses, and who stands in between."""

from __future__ import annotations

import importlib
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import UnknownTarget
from chaos_ext.lab import fittings
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaos_ext.conductor.run import Run
    from chaos_ext.environment.guards import FaultRequest
    from chaos_ext.environment.model import Environment, Target
    from chaos_ext.lab.model import Address, Lab, Node

EVERY = "*"  # every node of the target's system


def paths(run: Run, target: str, node: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The way to each of *names*, roles resolved once, by the name that was asked for.

    *target* is *node* already: asked again, its role may be another's by now.
    """
    at = {target: known(run, target)[1].node(node)}
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        if name == EVERY:
            _, lab = known(run, target)
            found |= {node.name: _way(run, lab, node) for node in _servers(lab)}
        else:
            found[name] = path(run, name, at.get(name))
    return found


def path(run: Run, target: str, at: Node | None = None) -> dict[str, Any]:
    """The way to *target*, which is the node *at*, or whichever it is at this moment."""
    found, lab = known(run, target)
    roles = importlib.import_module(f"chaos_ext.{found.system}.roles")
    return _way(run, lab, at or roles.resolve(lab, target))


def known(run: Run, target: str) -> tuple[Target, Lab]:
    """What the environment says of *target*, and the lab it belongs to."""
    assert run.environment
    targets = run.environment.targets
    if target not in targets:
        raise UnknownTarget(f"no target {target!r}{nearest(target, list(targets))}")
    found = targets[target]
    lab = run.labs.get(found.system)
    if lab is None:  # a target that nobody could know before the run
        raise UnknownTarget(
            f"{target}: this run has no {found.system} lab; add `watch: [{found.system}]`"
        )
    return found, lab


def _servers(lab: Lab) -> list[Node]:
    return [node for node in lab.nodes if node.part not in fittings.PARTS]


def _way(run: Run, lab: Lab, node: Node) -> dict[str, Any]:
    assert run.environment
    told = {
        "node": node.name,
        "system": lab.system,
        "lab": lab.id,
        "bind": _numbers(node.bind),
        "service": _numbers(node.service),
        "alive": getattr(importlib.import_module(f"chaos_ext.{lab.system}.lab"), "ALIVE", None),
        **fittings.way(lab, node),
    }
    return told | _elsewhere(run.environment, node)


def _numbers(address: Address) -> list[Any]:
    """The address without a name: packets have none. One that nobody knows stays as it is."""
    host, port = address
    with suppress(OSError):
        host = socket.gethostbyname(host)
    return [host, port]


def _elsewhere(environment: Environment, node: Node) -> dict[str, Any]:
    """A proxy that somebody else runs in front of a target, which says what is behind it."""
    target = environment.targets.get(node.name)
    if target is None or not target.proxy:
        return {}
    client = importlib.import_module("chaos_ext.network.client")
    url, name = environment.toxiproxy_url, target.proxy
    told = client.Server(url).find("GET", f"/proxies/{client.segment(name)}")
    if told is None:
        raise UnknownTarget(
            f"targets.{target.name}.proxy: {url} has no proxy {name!r}; create it, or correct the name"
        )
    host, _, port = str(told["upstream"]).rpartition(":")
    return {"bind": [host.strip("[]"), int(port)], "proxy": {"url": url, "name": name}}


def wishes(faults: Iterable[FaultRequest]) -> dict[str, Any]:
    """How a lab must be fitted out for *faults*: the settings that their own modules ask for.

    They may depend on what this machine permits.
    """
    found: dict[str, Any] = {}
    for each in faults:
        fault = importlib.import_module(f"chaos_ext.{each.name}").FAULT
        found |= getattr(fault, "needs_lab", dict)()
        if getattr(fault, "needs_proxy", bool)():
            found["proxied"] = True
    return found
