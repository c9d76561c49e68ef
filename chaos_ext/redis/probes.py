"""Questions to Redis and its sentinels, asked of the real servers; a role is resolved each time."""

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.lab import scope
from chaos_ext.redis import client, roles

__all__ = [
    "answers",
    "is_primary",
    "replicas_online",
    "replication_lag_s",
    "sentinels_agree",
    "serves",
]


def answers(target: str = "redis-primary", timeout_s: float = 1.0) -> bool:
    """Tell whether *target* answers PING; a server cut off from its replicas still does."""
    node = roles.resolve(scope.lab("redis"), target)
    return bool(client.command(node.bind, "PING", timeout_s=timeout_s))


def is_primary(target: str) -> bool:
    """Tell whether *target* itself says that it is a primary."""
    node = roles.resolve(scope.lab("redis"), target)
    return bool(client.info(node.bind, "replication")["role"] == "master")


def replicas_online(target: str = "redis-primary") -> int:
    """Count the replicas that *target* has online; -1 when it is not a primary."""
    return roles.replicas_online(roles.resolve(scope.lab("redis"), target).bind)


def replication_lag_s(target: str = "redis-primary") -> float:
    """Seconds since the slowest replica of *target* last acknowledged."""
    node = roles.resolve(scope.lab("redis"), target)
    found = client.info(node.bind, "replication")
    lags = [v["lag"] for k, v in found.items() if k.startswith("slave") and isinstance(v, dict)]
    if not lags:
        raise TargetUnreachable(f"{node.name} has no replica to measure a lag of")
    return float(max(lags))


def sentinels_agree() -> bool:
    """Tell whether all sentinels name one primary and each could get a failover authorised."""
    return not roles.disagreement(scope.lab("redis"))


def serves(target: str = "redis-primary", timeout_s: float = 1.0) -> bool:
    """Tell whether a write is accepted and a failover is possible.

    The primary that Sentinel names says so itself, has every replica online, every sentinel
    could authorise a failover, and a write of our own is acknowledged and read back.
    """
    lab = scope.lab("redis")
    node = roles.resolve(lab, target)
    wanted = len(lab.of_part("data")) - 1
    if roles.replicas_online(node.bind) != wanted or roles.disagreement(lab):
        return False
    key, value = f"chaos_ext:probe:{world.token()}", world.token()
    client.command(node.bind, "SET", key, value, "PX", 10_000, timeout_s=timeout_s)
    return bool(client.command(node.bind, "GETDEL", key, timeout_s=timeout_s) == value)
