"""Processes of the lab's own, each at an address: what runs on a host beside the servers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from chaos_ext.host import client
from chaos_ext.lab import binaries
from chaos_ext.lab.model import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.lab.model import Lab

BINARY = binaries.Source(
    program="python",
    variable="CHAOS_WORKER_PYTHON",
    wheel="",
    wheel_file="",
    on_path=(sys.executable,),
    remedy="use the Python that chaos_ext is installed for",
)
ALIVE = {"send": "PING\r\n", "expect": "+PONG"}
PART = "worker"


def nodes(settings: Mapping[str, Any], prefix: str) -> list[Node]:
    """host-1 and so on, all alike."""
    at = [(f"{prefix}.{n}", settings["port"]) for n in range(1, 1 + settings["workers"])]
    return [Node(f"host-{n}", PART, place, place) for n, place in enumerate(at, 1)]


def specs(lab: Lab) -> list[list[tuple[Node, dict[str, Any]]]]:
    """All at once: none needs another."""
    return [[(node, _spec(lab, node)) for node in lab.of_part(PART)]]


def _spec(lab: Lab, node: Node) -> dict[str, Any]:
    folder = lab.folder / node.name
    folder.mkdir(parents=True, exist_ok=True)
    words = {
        "--listen": "{}:{}".format(*node.bind),
        "--memory-mb": lab.settings["memory_mb"],
        "--files": lab.settings["files_max"],
        "--busy-percent": lab.settings["busy_percent"],
        "--leak-kb-per-s": lab.settings["leak_kb_per_s"],
        "--leak-files-per-s": lab.settings["leak_files_per_s"],
    }
    argv = [lab.binary, "-m", "chaos_ext.host.worker"]
    return {
        "argv": [*argv, *(str(each) for pair in words.items() for each in pair)],
        "cwd": str(folder),
        "log": str(folder / "server.log"),
        "listen": list(node.bind),
        "alive": ALIVE,
    }


def problem(lab: Lab, stage: int) -> str:  # noqa: ARG001 - there is one stage
    """Which worker does not answer yet."""
    silent = [node.name for node in lab.of_part(PART) if not client.answers(node.bind)]
    return f"{silent[0]} does not answer" if silent else ""
