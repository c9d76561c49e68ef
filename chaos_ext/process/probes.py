"""Questions about processes, for a hypothesis or a method."""

from chaos_ext.lease import session

__all__ = ["is_frozen", "is_running"]


def is_running(target: str) -> bool:
    """Tell whether the server *target* (a node, such as redis-1) runs, frozen or not."""
    return session.current("process.is_running").node(target).same()


def is_frozen(target: str) -> bool:
    """Tell whether every thread of the server *target* stands still."""
    states = session.current("process.is_frozen").node(target).states()
    return bool(states) and not states.strip("tT")
