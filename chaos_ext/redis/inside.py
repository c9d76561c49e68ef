"""What a server says of itself when it is asked directly, without a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import TargetUnreachable
from chaos_ext.redis.plain import Plain, facts

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSWER_S_MAX = 0.5


def now_s(address: Sequence[str | int], timeout_s: float = _ANSWER_S_MAX) -> float:
    """The time of the server's own clock, in seconds since 1970."""
    host, port = str(address[0]), int(address[1])
    with Plain(host, port, timeout_s) as server:
        match server.ask("TIME"):
            case [bytes(seconds), bytes(microseconds)]:
                return int(seconds) + int(microseconds) / 1e6
        told = facts(server.must("INFO", "server"))  # a sentinel has no TIME
    if "server_time_usec" not in told:
        raise TargetUnreachable(
            f"{host}:{port} does not tell its time: it is too old a version"
        )
    return int(told["server_time_usec"]) / 1e6
