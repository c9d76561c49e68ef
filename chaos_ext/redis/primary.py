"""Who is primary right now, asked by many at once without a storm of questions."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NS_PER_S = 1_000_000_000
ANSWER_IS_FRESH_S = 0.05  # at most this much later than Sentinel's own switch
SENTINEL_TIMEOUT_S = 0.25

Address = tuple[str, int]


class NoPrimary(Exception):  # noqa: N818 - an answer, turned into a row by the caller
    """Nobody could name one in time."""


class Lookup:
    """One question in flight; others wait for its answer, which is fresh for a moment."""

    def __init__(self, ask: Callable[[], Address]) -> None:
        """Ask nothing yet."""
        self._ask = ask
        self._lock = threading.Lock()
        self._asking: threading.Event | None = None
        self._answer: Address | None = None
        self._fresh_until_ns = 0

    def primary(self, left_s: float) -> Address:
        """The primary's address; raises NoPrimary when there is none within *left_s*."""
        with self._lock:
            is_fresh = world.monotonic_ns() < self._fresh_until_ns
            leads = not is_fresh and self._asking is None
            if leads:
                self._asking = threading.Event()
            asking = self._asking
        if leads:
            self._find()
        elif not is_fresh and asking and not asking.wait(left_s):
            raise NoPrimary
        if self._answer is None:
            raise NoPrimary
        return self._answer

    def _find(self) -> None:
        answer = None
        try:
            with suppress(RedisError, OSError):
                answer = self._ask()
        finally:
            with self._lock:
                asking, self._asking = self._asking, None
                self._answer = answer
                self._fresh_until_ns = world.monotonic_ns() + int(ANSWER_IS_FRESH_S * NS_PER_S)
            assert asking
            asking.set()


def who_knows(target: Mapping[str, Any], deadline_s: float) -> Callable[[], Address]:
    """The question that finds the primary of *target*: fixed, or asked of its sentinels.

    All sentinels together take at most half the deadline: the answer must still be of use.
    """
    if "primary" in target:
        host, port = target["primary"]
        return lambda: (host, int(port))
    addresses = [(host, int(port)) for host, port in target["sentinels"]]
    timeout_s = min(SENTINEL_TIMEOUT_S, deadline_s / 2 / len(addresses))
    settings = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    sentinel = Sentinel(addresses, sentinel_kwargs=settings)  # type: ignore[no-untyped-call]
    service = target["service"]

    def ask() -> Address:
        host, port = sentinel.discover_master(service)  # type: ignore[no-untyped-call]
        return str(host), int(port)

    return ask
