"""Servers that are somebody else's, as a lab that we never start and never stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from chaos_ext.errors import BadEnvironment
from chaos_ext.lab.model import Lab, Node
from chaos_ext.redis import client

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS = {"redis": 6379, "sentinel": 26379}


def lab(urls: Mapping[str, str]) -> Lab:
    """The lab that the environment's targets (name -> url) describe.

    `redis://[user:password@]host:port` is a data node; `sentinel://host:port/service` a
    sentinel that knows the primary by the name *service*.
    """
    nodes, service = [], "mymaster"
    for name, url in urls.items():
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise BadEnvironment(
                f"targets.{name}.url must be redis://host:port or sentinel://host:port/service"
            )
        address = (parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme])
        if parts.password:
            client.login(address, unquote(parts.username or ""), unquote(parts.password))
        if parts.scheme == "sentinel":
            service = parts.path.strip("/") or service
        part = "data" if parts.scheme == "redis" else "sentinel"
        nodes.append(Node(name, part, address, address))
    return Lab("attached", "redis", "attached", Path(), "", tuple(nodes), {"service": service})
