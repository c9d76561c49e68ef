"""`python -m chaos_ext.proxy`, alias `chaos-toxiproxy-server`: Toxiproxy's own flags, for scripts."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument, ChaosExtError
from chaos_ext.proxy import serve
from chaos_ext.proxy.api.routes import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = {
    "config": "JSON file containing proxies to create on startup",
    "host": 'Host for the API to listen on (default "localhost")',
    "port": 'Port for the API to listen on (default "8474")',
    "seed": "Seed for the dice of the toxics",
}
FLAGS = {
    "proxy-metrics": "Count bytes of proxies under /metrics",
    "runtime-metrics": "Tell of this process under /metrics",
    "version": "Print the version",
}
TRUTHS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "false", "FALSE", "False"), False
)
_FLAG = re.compile(r"--?(?P<name>[^-=][^=]*)(?:=(?P<value>.*))?", re.DOTALL)
_WRONG_USE = 2


class Misused(Exception):  # noqa: N818 - told with the usage
    """The command line is wrong, in the words of Go's flags."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; the exit code."""
    try:
        said = flags(sys.argv[1:] if argv is None else argv)
    except Misused as problem:
        print(f"{problem}\n{usage()}" if str(problem) else usage(), file=sys.stderr)  # noqa: T201
        return _WRONG_USE if str(problem) else 0
    if said.pop("version", False):
        print(f"toxiproxy-server version {VERSION}")  # noqa: T201
        return 0
    try:
        serve.run(settings(said))
    except (ChaosExtError, OSError) as error:
        line = " ".join(str(error).split())
        print(f"{type(error).__name__}: {line}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def flags(argv: Sequence[str]) -> dict[str, str | bool]:
    """What *argv* says, as Go reads it: one dash or two, and up to the first word that is no flag."""
    said: dict[str, str | bool] = {}
    rest = list(argv)
    while rest and (match := _FLAG.fullmatch(rest[0])):
        rest.pop(0)
        name, value = match["name"], match["value"]
        if name in ("h", "help"):
            raise Misused
        if name in FLAGS:
            if value is not None and value not in TRUTHS:
                raise Misused(f'invalid boolean value "{value}" for -{name}: parse error')
            said[name] = value is None or TRUTHS[value]
        elif name in TEXTS:
            if value is None and not rest:
                raise Misused(f"flag needs an argument: -{name}")
            said[name] = rest.pop(0) if value is None else value
        else:
            raise Misused(f"flag provided but not defined: -{name}")
    return said


def settings(said: dict[str, str | bool]) -> serve.Settings:
    """The settings that the flags and LOG_LEVEL say."""
    return serve.Settings(
        host=str(said.get("host", "localhost")),
        port=_whole("port", said.get("port", "8474")),
        config=Path(str(said["config"])) if said.get("config") else None,
        seed=_whole("seed", said["seed"]) if "seed" in said else None,
        proxy_metrics=bool(said.get("proxy-metrics")),
        runtime_metrics=bool(said.get("runtime-metrics")),
        log_level=os.environ.get("LOG_LEVEL", "warn"),
    )


def usage() -> str:
    """What can be said."""
    rows = sorted(
        {**FLAGS, **{f"{name} <value>": text for name, text in TEXTS.items()}}.items()
    )
    return "\n".join(["Usage:", *(f"  -{name}\n    \t{text}" for name, text in rows)])


def _whole(name: str, value: str | bool) -> int:
    try:
        return int(value)
    except ValueError:
        raise BadArgument(f"-{name} must be a whole number: {value!r}") from None


def script() -> None:
    """What `chaos-toxiproxy-server` calls."""
    sys.exit(main())


if __name__ == "__main__":
    script()
