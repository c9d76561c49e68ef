"""How full the resources of a server are at this moment, for a hypothesis or a method."""

from chaos_ext.resource import asking

__all__ = [
    "connections_ratio",
    "cpu_ratio",
    "disk_ratio",
    "files_ratio",
    "memory_ratio",
    "throttled_ratio",
]


def memory_ratio(target: str) -> float:
    """Memory of *target* against its tightest limit: the server's own, or its control group's."""
    return asking.now("memory", target)


def cpu_ratio(target: str, over_s: float = 1.0) -> float:
    """CPU time that *target* uses within *over_s*, of what its quota, or the machine, allows it."""
    return asking.over("cpu", target, over_s)


def throttled_ratio(target: str, over_s: float = 1.0) -> float:
    """Share of the periods of its CPU quota within *over_s* in which *target* had to wait."""
    return asking.over("throttled", target, over_s)


def files_ratio(target: str) -> float:
    """Open files of *target*, sockets included, of those it may have open."""
    return asking.now("files", target)


def connections_ratio(target: str) -> float:
    """Clients connected to *target*, of those it accepts; this question is one of them."""
    return asking.now("connections", target)


def disk_ratio(target: str) -> float:
    """Used space of the file system where *target* keeps its data."""
    return asking.now("disk", target)
