"""Connections to Redis with no retry hidden in them; the driver is imported on use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from chaos_ext.errors import TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis import Redis

TIMEOUT_S = 1.0
_logins: dict[tuple[str, int], tuple[str, str]] = {}


def login(address: tuple[str, int], username: str, password: str) -> None:
    """From now on, connections to *address* authenticate."""
    _logins[address] = (username, password)


def credentials(address: tuple[str, int]) -> dict[str, Any]:
    """What a connection to *address* has to say of itself; nothing where no login is known."""
    username, password = _logins.get(address, ("", ""))
    found = {"username": username, "password": password}
    return {key: value for key, value in found.items() if value}


def connect(host: str, port: int, timeout_s: float = TIMEOUT_S) -> Redis:
    """A connection to one server: one try, *timeout_s* for connecting and for each answer."""
    import redis  # noqa: PLC0415 - a driver is imported on use
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    return redis.Redis(
        host=host,
        port=port,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        protocol=2,
        **credentials((host, port)),
    )


def ask(
    address: tuple[str, int], question: Callable[[Redis], Any], timeout_s: float = TIMEOUT_S
) -> Any:
    """Put *question* to the server at *address*; TargetUnreachable when there is no answer."""
    import redis  # noqa: PLC0415

    client = connect(*address, timeout_s)
    try:
        return question(client)
    except (redis.RedisError, OSError) as error:
        host, port = address
        raise TargetUnreachable(f"{host}:{port}: {error}") from error
    finally:
        client.close()


def command(address: tuple[str, int], *words: str | int, timeout_s: float = TIMEOUT_S) -> Any:
    """Send one command to the server at *address*."""
    return ask(address, lambda client: cast("Any", client).execute_command(*words), timeout_s)


def info(
    address: tuple[str, int], section: str, timeout_s: float = TIMEOUT_S
) -> dict[str, Any]:
    """One section of INFO."""
    return dict(ask(address, lambda client: client.info(section), timeout_s))
