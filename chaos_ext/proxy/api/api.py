"""The whole API: from a request to its answer, one change at a time."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.proxy.api.answers import JSON, Answer, Failed, Request, plain, refusal
from chaos_ext.proxy.api.extensions import Extensions
from chaos_ext.proxy.api.metrics import TYPE, Metrics
from chaos_ext.proxy.api.paths import Found, Paths, Route
from chaos_ext.proxy.api.routes import Toxiproxy
from chaos_ext.proxy.leases import Leases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.dns.resolver import Resolver

HANDLER_S = 25.0  # then the client hears 503, while the work goes on, as with Toxiproxy
NO_BROWSERS = plain(403, "User agent not allowed")
TOO_SLOW = Answer(503)
logger = logging.getLogger("chaos_ext.proxy")


class Api:
    """Toxiproxy's routes and our own, over the same proxies."""

    def __init__(
        self,
        proxies: Proxies,
        metrics: Metrics | None = None,
        resolvers: Mapping[str, Resolver] | None = None,
    ) -> None:
        self._lock = asyncio.Lock()  # changes are made one after the other
        self._metrics = metrics
        self.leases = Leases(proxies, self._lock)
        self._paths = Paths(
            [
                *Toxiproxy(proxies, self.leases.end_all).routes(),
                *([Route("/metrics", (), self.metrics)] if metrics else []),
                *Extensions(
                    proxies, self.leases, {} if resolvers is None else resolvers
                ).routes(),
            ]
        )
        self._unfinished: set[asyncio.Task[Answer]] = set()

    def reads_body(self, method: str, target: str) -> bool:
        """Whether a client that asks first should send its body."""
        found = self._paths.find(method, target)
        return isinstance(found, Found) and found.route.methods not in ((), ("GET",))

    async def answer(self, request: Request) -> Answer:
        """The answer to *request*."""
        found = self._paths.find(request.method, request.target)
        if isinstance(found, Answer):
            return found
        answer = NO_BROWSERS
        if not request.agent.startswith("Mozilla/"):
            answer = await self._in_time(found, request)
        logger.debug("%s %s: %d", request.method, request.target, answer.status)
        identity = ("X-Toxiproxy-Request-Id", _request_id())
        return replace(answer, headers=(*answer.headers, identity))

    async def metrics(self, _request: Request) -> Answer:
        """What Prometheus collects."""
        assert self._metrics is not None
        return Answer(200, self._metrics.text().encode(), TYPE)

    async def _in_time(self, found: Found, request: Request) -> Answer:
        if not found.route.mutates:
            return await self._handled(found, request)
        task = asyncio.get_running_loop().create_task(self._one_by_one(found, request))
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        done, _ = await asyncio.wait({task}, timeout=HANDLER_S)
        return task.result() if done else TOO_SLOW

    async def _one_by_one(self, found: Found, request: Request) -> Answer:
        async with self._lock:
            return await self._handled(found, request)

    async def _handled(self, found: Found, request: Request) -> Answer:
        try:
            return await found.route.handler(request, *found.names)
        except Failed as failure:
            answer = refusal(failure.status, failure.text)
            if found.route.path.startswith("/chaos/"):
                return Answer(answer.status, answer.body, JSON)
            return answer


def _request_id() -> str:
    """Twenty letters that begin with the time, like those of Toxiproxy."""
    seconds = int(world.utc_now().timestamp())
    unique = seconds.to_bytes(4, "big") + os.urandom(8)
    return base64.b32hexencode(unique).decode().lower()[:20]
