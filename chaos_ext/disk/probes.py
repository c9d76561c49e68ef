"""Questions about a server's disk, for a hypothesis or a method; asked where it keeps its data."""

from chaos_ext.disk import asking
from chaos_ext.lease import session

__all__ = ["free_mb", "writable", "write_ms"]


def free_mb(target: str, timeout_s: float = 5.0) -> float:
    """Megabytes that may still be written where *target* keeps its data."""
    return asking.free_mb(session.current("disk.free_mb").path(target), timeout_s)


def write_ms(target: str, timeout_s: float = 10.0) -> float:
    """Milliseconds until one small write is on the disk of *target*."""
    return asking.write_ms(session.current("disk.write_ms").path(target), timeout_s)


def writable(target: str, timeout_s: float = 10.0) -> bool:
    """Tell whether a file can be made, written and seen on the disk of *target*."""
    return asking.writable(session.current("disk.writable").path(target), timeout_s)
