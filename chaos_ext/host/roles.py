"""Workers have names and no roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import UnknownTarget
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab, Node


def resolve(lab: Lab, target: str) -> Node:
    """The worker of that name."""
    node = lab.node(target)
    if node is None:
        names = [each.name for each in lab.nodes]
        raise UnknownTarget(f"no worker {target!r} in the host lab{nearest(target, names)}")
    return node
