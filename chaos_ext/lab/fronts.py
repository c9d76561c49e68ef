"""A proxy in front of every node of a lab: others are told its address, never the server's own."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaos_ext.lab import disks
from chaos_ext.lab.model import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.lab.model import Address, Lab

PART = "proxy"
NAME = "proxy"  # of its node; it is nobody's target
RESOLVER = "lab"
_FRONT = 100  # a node at 127.x.y.1 is told to others as 127.x.y.101
_API, _NAMES = 250, 251  # last numbers of the proxy's own addresses
_API_PORT, _NAMES_PORT = 8474, 5353
# a connection alone says little: the proxy accepts before it can do anything
ALIVE = {"send": "GET /version HTTP/1.0\r\n\r\n", "expect": "HTTP/1."}


def through(nodes: Sequence[Node], prefix: str) -> list[Node]:
    """*nodes* as the proxy shows them to everybody, and the proxy itself."""
    api = (f"{prefix}.{_API}", _API_PORT)
    return [*(replace(node, service=_front(node.bind)) for node in nodes),
            Node(NAME, PART, api, api)]  # fmt: skip


def _front(bind: Address) -> Address:
    network, _, last = bind[0].rpartition(".")
    return f"{network}.{_FRONT + int(last)}", bind[1]


def of(lab: Lab) -> Node | None:
    """The proxy of *lab*, when it has one."""
    return next(iter(lab.of_part(PART)), None)


def spec(lab: Lab, proxy: Node) -> dict[str, Any]:
    """How to start the proxy; writes the file that tells it whom to stand in front of."""
    folder = lab.folder / proxy.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "proxies.json"
    path.write_text(json.dumps(_config(lab), indent=1), encoding="utf-8")
    host, port = proxy.bind
    argv = [sys.executable, "-m", "chaos_ext.proxy", "-host", host, "-port", str(port)]
    return {
        "argv": [*argv, "-config", str(path)],
        "cwd": str(folder),
        "log": str(folder / "server.log"),
        "listen": list(proxy.bind),
        "alive": ALIVE,
    }


def _config(lab: Lab) -> dict[str, Any]:
    fronted = [node for node in lab.nodes if node.part not in (PART, disks.PART)]
    proxies = [
        {"name": node.name, "listen": _text(node.service), "upstream": _text(node.bind)}
        for node in fronted
    ]
    records = {name_of(lab, node): node.service[0] for node in fronted}
    resolver = {"name": RESOLVER, "listen": _text(_names(lab)), "records": records}
    return {"proxies": proxies, "resolvers": [resolver]}


def name_of(lab: Lab, node: Node) -> str:
    """The name by which the lab's own resolver knows a node."""
    return f"{node.name}.{lab.system}.chaos.test"


def way(lab: Lab, node: Node) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The proxy in front of *node*, and the resolver that knows its name."""
    proxy = of(lab)
    if proxy is None:
        return None, None
    url = "http://{}:{}".format(*proxy.service)
    resolver = {"url": url, "address": list(_names(lab)), "name": name_of(lab, node)}
    return {"url": url, "name": node.name}, resolver


def _names(lab: Lab) -> Address:
    proxy = of(lab)
    assert proxy
    return f"{proxy.bind[0].rpartition('.')[0]}.{_NAMES}", _NAMES_PORT


def _text(address: Address) -> str:
    return "{}:{}".format(*address)
