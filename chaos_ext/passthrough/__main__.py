"""`python -m chaos_ext.passthrough --folder DIR --listen HOST:PORT`: serve DIR through us until a signal."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument, ChaosExtError
from chaos_ext.passthrough import serve
from chaos_ext.words import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT_MAX = 65_535


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; the exit code."""
    parser = argparse.ArgumentParser(prog="chaos_ext.passthrough", description=__doc__)
    parser.add_argument("--folder", required=True, help="the folder that is to be served")
    parser.add_argument("--listen", required=True, help="HOST:PORT where it is commanded from")
    said = parser.parse_args(argv)
    try:
        host, port = address(said.listen)
        serve.run(serve.Settings(Path(os.path.realpath(said.folder)), host, port))
    except (ChaosExtError, OSError) as error:
        line = " ".join(str(error).split())
        print(f"{type(error).__name__}: {line}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def address(text: str) -> tuple[str, int]:
    """The host and port of `HOST:PORT`."""
    host, colon, port = text.rpartition(":")
    if (
        not colon
        or not host
        or not port.isascii()
        or not port.isdigit()
        or int(port) > PORT_MAX
    ):
        raise BadArgument(f"--listen must be HOST:PORT, not {shown(text)}")
    return host.strip("[]"), int(port)


if __name__ == "__main__":
    sys.exit(main())
