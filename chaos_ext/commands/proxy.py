"""`chaos proxy`: a TCP proxy that breaks networks on demand, for any client of Toxiproxy."""

from __future__ import annotations

from pathlib import Path

import click

from chaos_ext.commands.telling import as_json, told


@click.group("proxy")
def command() -> None:
    """Serve a TCP proxy that speaks Toxiproxy's HTTP API.

    Example: chaos proxy serve --config proxies.json
    """


@command.command("serve")
@click.option("--host", default="localhost", show_default=True, help="Where the API listens.")
@click.option(
    "--port", default=8474, show_default=True, help="Its port; 0 for any that is free."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="JSON file with proxies, and their toxics.",
)
@click.option(
    "--seed", type=int, help="Throw the dice of toxicity and jitter the same way again."
)
@click.option("--proxy-metrics", is_flag=True, help="Count bytes under /metrics.")
@click.option("--runtime-metrics", is_flag=True, help="Tell of the process under /metrics.")
@click.option(
    "--log-level", default="warn", show_default=True, help="trace, debug, info, warn or error."
)
@as_json
@told
def serve(  # noqa: PLR0917 - click names them
    host: str,
    port: int,
    config: Path | None,
    seed: int | None,
    proxy_metrics: bool,
    runtime_metrics: bool,
    log_level: str,
    as_json: bool,
) -> None:
    """Serve until SIGINT or SIGTERM.

    One line says where. Bad settings, a port that is taken and a config file with a mistake end
    it with one line and exit code 1, before any proxy listens.

    Example: chaos proxy serve --port 8474
    """
    from chaos_ext.proxy import serve as server

    server.run(
        server.Settings(
            host,
            port,
            config,
            seed,
            proxy_metrics,
            runtime_metrics,
            log_level.lower(),
            as_json,
        )
    )
