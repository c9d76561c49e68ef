"""How every word tells its errors: one line, exit code 1, a traceback only with --verbose."""

from __future__ import annotations

import functools
import json
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from chaos_ext.errors import ChaosExtError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Make *command* tell our errors in one line."""

    @functools.wraps(command)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ChaosExtError, OSError) as error:
            if verbose():
                traceback.print_exc()
            click.echo(f"{type(error).__name__}: {error}", err=True)
            sys.exit(1)

    return telling


def verbose() -> bool:
    """Whether `chaos --verbose` was given."""
    context = click.get_current_context(silent=True)
    root = context.find_root() if context else None
    return bool(root and root.params.get("verbose"))


def show_json(obj: Any) -> None:
    """Print *obj* as JSON."""
    click.echo(json.dumps(obj, indent=2, sort_keys=True, default=str))


def quiet_host() -> None:
    """Keep the host's log lines off the terminal where ours say the same."""
    for handler in logging.getLogger("chaostoolkit").handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(
            handler, logging.FileHandler
        ):
            handler.setLevel(logging.ERROR)
