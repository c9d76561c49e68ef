"""The process of the proxy: it starts whole or not at all, says where it is, and ends on a signal."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvloop

from chaos_ext.errors import BadArgument, PortTaken
from chaos_ext.proxy import config
from chaos_ext.proxy.api.answers import Failed
from chaos_ext.proxy.api.api import Api
from chaos_ext.proxy.api.metrics import Metrics
from chaos_ext.proxy.api.populate import put_all
from chaos_ext.proxy.api.server import Server, listener_at
from chaos_ext.proxy.core.proxies import Proxies
from chaos_ext.proxy.dns import resolving
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chaos_ext.proxy.api.populate import Wanted
    from chaos_ext.proxy.dns.resolver import Resolver

PORT_MAX = 65_535
LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
    "panic": logging.CRITICAL,
    "disabled": logging.CRITICAL + 1,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can choose."""

    host: str = "localhost"
    port: int = 8474
    config: Path | None = None
    seed: int | None = None
    proxy_metrics: bool = False
    runtime_metrics: bool = False
    log_level: str = "warn"
    as_json: bool = False  # how it says where it serves

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 <= self.port <= PORT_MAX:
            raise BadArgument(
                f"port {self.port}: choose 0 to {PORT_MAX}, 0 for any that is free"
            )
        if self.log_level not in LEVELS:
            near = nearest(self.log_level, LEVELS)
            raise BadArgument(f"log level {self.log_level!r} is unknown{near}")


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("chaos_ext.proxy").setLevel(LEVELS[settings.log_level])
    _as_many_files_as_may_be()
    uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Start everything, say so in one line, wait for a signal, and close everything."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, ended.set)
    proxies = Proxies(settings.seed)
    metrics = None
    if settings.proxy_metrics or settings.runtime_metrics:
        metrics = Metrics(
            proxies, of_proxies=settings.proxy_metrics, of_runtime=settings.runtime_metrics
        )
    resolvers: dict[str, Resolver] = {}
    api = Api(proxies, metrics, resolvers)
    server = Server(api)
    items = config.read(settings.config) if settings.config else []
    specs = resolving.read(settings.config) if settings.config else []
    listener = listener_at(settings.host, settings.port)
    try:
        await _populate(proxies, items)
        await resolving.start(specs, resolvers)
        await server.accept(listener)
        _say(listener.getsockname()[:2], len(proxies.all()), as_json=settings.as_json)
        await ended.wait()
    finally:
        listener.close()
        await server.close()
        api.leases.close()
        for resolver in resolvers.values():
            await resolver.stop()
        await proxies.close()


async def _populate(proxies: Proxies, items: Sequence[Wanted]) -> None:
    try:
        await put_all(proxies, items, [])
    except Failed as failure:
        raise PortTaken(
            f"cannot start the proxies of the config file: {failure.text}"
        ) from None


def _say(address: tuple[str, int], proxies: int, *, as_json: bool) -> None:
    host, port = address
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    many = f"{proxies} {'proxy' if proxies == 1 else 'proxies'}"
    line = json.dumps({"url": url, "proxies": proxies})
    sys.stdout.write(f"{line if as_json else f'serving at {url} with {many}'}\n")
    sys.stdout.flush()


def _as_many_files_as_may_be() -> None:
    """Each connection needs two, and the usual limit is for programs that have few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
