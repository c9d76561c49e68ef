"""Disks of a lab that can be hurt: a pass-through before each data folder, a small disk beneath it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import NotAllowed
from chaos_ext.lab.model import Node
from chaos_ext.passthrough import syscalls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.lab.model import Lab

PART = "disk"
SETTING, SIZE = "passthrough", "disk_mb"
SOURCE = "chaos_ext"  # of the small disks, as `mount` shows them
_SUFFIX = "-disk"
_BESIDE = 150  # the disk of a node at 127.x.y.1 is commanded at 127.x.y.151
_PORT = 8484
_MB = 1 << 20
# it listens before it is mounted, and answers only afterwards
ALIVE = {"send": '{"ask": "status"}\n', "expect": '{"ok": true'}


def beside(nodes: Sequence[Node], part: str) -> list[Node]:
    """One that serves the data folder of each of *nodes* that is *part* of its system."""
    return [_beside(node) for node in nodes if node.part == part]


def _beside(node: Node) -> Node:
    network, _, last = node.bind[0].rpartition(".")
    address = (f"{network}.{_BESIDE + int(last)}", _PORT)
    return Node(f"{node.name}{_SUFFIX}", PART, address, address)


def of(lab: Lab, node: Node) -> Node | None:
    """The one that serves the data folder of *node*, where there is one."""
    return lab.node(f"{node.name}{_SUFFIX}")


def spec(lab: Lab, disk: Node) -> dict[str, Any]:
    """How to start *disk*; its log lies outside of the folder that it serves."""
    node = lab.node(disk.name.removesuffix(_SUFFIX))
    assert node
    folder = lab.folder / disk.name
    folder.mkdir(parents=True, exist_ok=True)
    words = ["--folder", str(lab.data(node)), "--listen", "{}:{}".format(*disk.bind)]
    return {
        "argv": [sys.executable, "-m", "chaos_ext.passthrough", *words],
        "cwd": str(folder),
        "log": str(folder / "server.log"),
        "listen": list(disk.bind),
        "alive": ALIVE,
    }


def way(lab: Lab, node: Node) -> dict[str, Any] | None:
    """Who serves the data folder of *node*, and where it is commanded; None where nobody does."""
    disk = of(lab, node)
    return {"node": disk.name, "address": list(disk.service)} if disk else None


def make_small(lab: Lab, node: Node) -> None:
    """A file system in memory, ended with the lab: filling it hurts nobody else."""
    if os.geteuid() != 0:
        raise NotAllowed(
            f"{SIZE}: a small disk for {node.name} must be mounted, which needs root; "
            f"without root use {SETTING}: true"
        )
    options = f"size={lab.settings[SIZE] * _MB},mode=0700"
    place = os.fsencode(lab.data(node))
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    try:
        syscalls.mount(SOURCE, place, "tmpfs", flags, options)
    except OSError as error:
        raise OSError(
            error.errno, f"no small disk for {node.name}: {os.strerror(error.errno or 0)}"
        ) from error
