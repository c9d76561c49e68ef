"""What a lab has besides its servers because a fault needs it: proxies, disks and clocks of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.lab import clocks, disks, fronts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.lab.model import Lab, Node

PARTS = (fronts.PART, disks.PART)  # of nodes that serve the lab, and are nobody's target
DATA = "data"  # the part of a node that keeps data, and the name of the folder where it does
# as a run asks for them and `chaos check` tells them; a lab without one has false or 0
WORDS = {
    "proxied": "a proxy in front of every server",
    disks.SETTING: "every data folder behind a pass-through",
    disks.SIZE: "every data folder on a small disk of its own",
    "own_clock": "every server with a clock of its own",
}


def fitted(settings: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The *settings* of a lab with what its faults wish for, where it has none of that yet."""
    wanted = {key: wish for key, wish in wishes.items() if key in settings}
    return {**settings, **{key: settings[key] or wish for key, wish in wanted.items()}}


def told(settings: Mapping[str, Any]) -> list[str]:
    """What a lab of those *settings* is fitted out with, in words."""
    return [words for key, words in WORDS.items() if settings.get(key)]


def all_nodes(
    nodes: Sequence[Node], settings: Mapping[str, Any], prefix: str
) -> Sequence[Node]:
    """*nodes* and those that serve them."""
    beside = disks.beside(nodes, DATA) if settings.get(disks.SETTING) else []
    shown = fronts.through(nodes, prefix) if settings.get("proxied") else nodes
    return [*shown, *beside]


def helpers(lab: Lab) -> list[tuple[Node, dict[str, Any]]]:
    """How to start whatever must stand before the first server; their folders are made."""
    for node in lab.of_part(DATA):
        lab.data(node).mkdir(parents=True, exist_ok=True)
        if lab.settings.get(disks.SIZE):
            disks.make_small(lab, node)
    proxy = fronts.of(lab)
    fronting = [(proxy, fronts.spec(lab, proxy))] if proxy else []
    return [*fronting, *((disk, disks.spec(lab, disk)) for disk in lab.of_part(disks.PART))]


def dressed(lab: Lab, node: Node, spec: dict[str, Any]) -> dict[str, Any]:
    """How to start the server that *node* is, with what the lab gives to each of them."""
    return clocks.under(lab, node, spec) if lab.settings.get(clocks.SETTING) else spec


def way(lab: Lab, node: Node) -> dict[str, Any]:
    """What a fault is told of what stands around *node*."""
    proxy, resolver = fronts.way(lab, node)
    keeps_data = lab.owner != "attached" and node.part == DATA
    folder = str(lab.data(node)) if keeps_data else ""
    told = {"proxy": proxy, "resolver": resolver, "folder": folder, "owner": lab.owner}
    told |= {"program": lab.binary, "clock": clocks.way(lab, node)}
    return told | {"disk": disks.way(lab, node)}
