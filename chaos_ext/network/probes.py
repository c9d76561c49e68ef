"""Questions about the way to a server, for a hypothesis or a method; asked as its clients would."""

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.lease import session
from chaos_ext.network import asking

__all__ = ["proxied", "reachable", "rtt_ms"]


def rtt_ms(target: str, timeout_s: float = 5.0) -> float:
    """Milliseconds that *target* takes to answer at its service address."""
    path = session.current("network.rtt_ms").path(target)
    if not path["alive"]:
        raise BadArgument(f"network.rtt_ms: nobody knows a question for {path['node']}")
    took_ms = asking.rtt_ms(path, timeout_s)
    if took_ms is None:
        host, port = path["service"]
        raise TargetUnreachable(
            f"network.rtt_ms: {path['node']} at {host}:{port} has not answered "
            f"within {timeout_s:g} s"
        )
    return took_ms


def reachable(target: str, timeout_s: float = 1.0) -> bool:
    """Tell whether *target* answers at its service address, or takes connections there."""
    path = session.current("network.reachable").path(target)
    if path["alive"]:
        return asking.rtt_ms(path, timeout_s) is not None
    return asking.connects(path, timeout_s)


def proxied(target: str) -> dict:
    """Tell what the proxy in front of *target* says: its toxics, connections and bytes.

    `proxied` is false, and there is nothing else, where no proxy is.
    """
    path = session.current("network.proxied").path(target)
    return asking.facts(path)
