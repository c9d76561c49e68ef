"""Questions to the workers of a host."""

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.host import client, roles
from chaos_ext.host.worker import WORK_MS_MAX
from chaos_ext.lab import scope

__all__ = ["answers", "work_ms"]


def answers(target: str = "host-1", timeout_s: float = 1.0) -> bool:
    """Tell whether the worker *target* answers PING within *timeout_s* seconds."""
    return client.answers(roles.resolve(scope.lab("host"), target).bind, timeout_s)


def work_ms(target: str = "host-1", cpu_ms: int = 20, timeout_s: float = 5.0) -> float:
    """Milliseconds that *target* takes for *cpu_ms* of work; a starved process takes longer."""
    if not 1 <= cpu_ms <= WORK_MS_MAX:
        raise BadArgument(f"host.work_ms: cpu_ms must be 1 to {WORK_MS_MAX}, not {cpu_ms}")
    at = roles.resolve(scope.lab("host"), target).bind
    told = client.ask(at, f"WORK {cpu_ms}", timeout_s)
    if not told.startswith("+"):
        raise TargetUnreachable(f"host.work_ms: {target} says {told}")
    return float(told[1:])
