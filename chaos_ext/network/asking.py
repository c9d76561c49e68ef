"""What the probes of a path find out: an answer of the server, and what its proxy says of itself."""

from __future__ import annotations

from typing import Any

from chaos_ext import world
from chaos_ext.network import measure
from chaos_ext.network.client import Server, segment
from chaos_ext.network.measure import Course, Way

_TOLD = ("listen", "upstream", "enabled", "connections", "received_bytes", "sent_bytes")
_LOOK_EVERY_S = 0.0002


def rtt_ms(path: dict[str, Any], timeout_s: float) -> float | None:
    """Milliseconds from a question at the service address to its answer; None without one."""
    way, found = _way(path), None
    with way.open() as line:
        course = Course(measure.ping(line, way, timeout_s))

        def over() -> bool:
            nonlocal found
            found = course.look()
            return found is not None or bool(line.ended)

        world.wait_until(over, timeout_s, every_s=_LOOK_EVERY_S)
        course.close()
    return None if found is None else round(found, 3)


def connects(path: dict[str, Any], timeout_s: float) -> bool:
    """Whether the service address takes a connection."""
    with _way(path).open() as line:
        return world.wait_until(line.decided, timeout_s) and (line.connected)


def facts(path: dict[str, Any]) -> dict[str, Any]:
    """What the proxy says of itself and its toxics."""
    if not path["proxy"]:
        return {"proxied": False}
    server, name = Server(path["proxy"]["url"]), path["proxy"]["name"]
    told = server.ask("GET", "/chaos/proxies")[name] if server.is_ours() else None
    told = told or server.ask("GET", f"/proxies/{segment(name)}")
    known = {key: told[key] for key in _TOLD if key in told}
    toxics = [
        {key: each[key] for key in ("name", "type", "stream", "attributes")}
        for each in told["toxics"]
    ]
    return {"proxied": True, "name": name, **known, "toxics": toxics}


def _way(path: dict[str, Any]) -> Way:
    (host, port), alive = path["service"], path["alive"] or {"send": "", "expect": ""}
    return Way((host, int(port)), alive["send"].encode(), alive["expect"].encode())
