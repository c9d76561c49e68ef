"""Questions about a server's clock, for a hypothesis or a method; the server itself is asked."""

from chaos_ext.clock import asking
from chaos_ext.lease import session

__all__ = ["ahead_s", "is_right"]


def ahead_s(target: str) -> float:
    """Seconds that the clock of *target* is ahead of ours, below 0 when it is behind."""
    return asking.apart(session.current("clock.ahead_s").path(target)).ahead_s


def is_right(target: str, within_ms: float = 50.0) -> bool:
    """Tell whether the clock of *target* is not further than *within_ms* from ours."""
    path = session.current("clock.is_right").path(target)
    return asking.apart(path).by(0.0, within_ms / 1e3)
