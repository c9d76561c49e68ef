"""Faults of clocks, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.clock import values
from chaos_ext.lease import session
from chaos_ext.lease.session import Asked

__all__ = ["jump", "skew"]


def jump(target: str, by_s: float = 60.0, for_s: float = 10.0) -> dict:
    """Set the clock of *target* ahead by *by_s* seconds at once, or, below 0, back.

    Only that server's process sees it; its monotonic clock and the machine's clock stay as they are.
    """
    values.refuse_jump(by_s)
    return _inject("jump", target, for_s, by_s=float(by_s))


def skew(target: str, ms_per_s: float = 100.0, for_s: float = 10.0) -> dict:
    """Let the clock of *target* gain *ms_per_s* milliseconds each second, or, below 0, lose them.

    It begins at the right time, and is right again when the fault ends.
    """
    values.refuse_skew(ms_per_s, for_s)
    return _inject("skew", target, for_s, ms_per_s=float(ms_per_s))


def _inject(name: str, target: str, for_s: float, **settings: float) -> dict:
    fault = f"chaos_ext.clock.{name}"
    asked = Asked(fault, target, for_s, settings=settings, paths=(target,))
    return session.current(f"clock.{name}").inject(asked)
