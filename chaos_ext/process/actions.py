"""Faults of processes, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.lease import session
from chaos_ext.lease.session import Asked

__all__ = ["kill", "pause", "restart", "terminate"]


def kill(target: str, for_s: float = 10.0, restart: bool = True) -> dict:
    """Kill the process of *target* with SIGKILL; after *for_s* seconds it is started again.

    With *restart* false it stays dead until the run heals. Returns when the process is gone.
    """
    return session.current("process.kill").inject(
        Asked("chaos_ext.process.kill", target, for_s, until_the_end=not restart)
    )


def terminate(target: str, for_s: float = 10.0, restart: bool = True) -> dict:
    """End the process of *target* with SIGTERM; after *for_s* seconds it is started again."""
    return session.current("process.terminate").inject(
        Asked("chaos_ext.process.terminate", target, for_s, until_the_end=not restart)
    )


def pause(target: str, for_s: float = 10.0) -> dict:
    """Freeze every thread of *target* for *for_s* seconds; its sockets stay open."""
    return session.current("process.pause").inject(
        Asked("chaos_ext.process.pause", target, for_s)
    )


def restart(target: str, for_s: float = 10.0) -> dict:
    """End *target* in good order and start it again at once, within *for_s* seconds."""
    return session.current("process.restart").inject(
        Asked("chaos_ext.process.restart", target, for_s)
    )
