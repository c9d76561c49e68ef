"""What a lab is made of: nodes with an address each, and the settings they were started with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Node:
    """One server of a lab.

    *bind* is where it listens; *service* is the address that others are told, which leads
    through a proxy when there is one.
    """

    name: str
    part: str  # what it is in its system: "data", "sentinel"
    bind: Address
    service: Address


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that is up, or about to be."""

    id: str
    system: str
    owner: str  # "run" or "standing"
    folder: Path
    binary: str
    nodes: tuple[Node, ...]
    settings: Mapping[str, Any] = field(hash=False)

    def node(self, name: str) -> Node | None:
        """The node of that name."""
        return next((node for node in self.nodes if node.name == name), None)

    def of_part(self, part: str) -> list[Node]:
        """All nodes that are *part* of the system."""
        return [node for node in self.nodes if node.part == part]

    def data(self, node: Node) -> Path:
        """Where a node keeps its data; what it is started with and what it says is beside it."""
        return self.folder / node.name / "data"

    def key(self, node: str) -> str:
        """The key of a node's server in the ledger."""
        return f"{self.id}/{node}"

    def plan(self) -> str:
        """Everything as text, for the ledger."""
        return json.dumps(asdict(self) | {"folder": str(self.folder)}, sort_keys=True)


def from_plan(text: str) -> Lab:
    """The lab that `plan` wrote down."""
    plan = json.loads(text)
    nodes = tuple(
        Node(n["name"], n["part"], _address(n["bind"]), _address(n["service"]))
        for n in plan.pop("nodes")
    )
    return Lab(**{**plan, "folder": Path(plan["folder"]), "nodes": nodes})


def _address(pair: list[Any]) -> Address:
    return str(pair[0]), int(pair[1])
