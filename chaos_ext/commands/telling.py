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
from chaos_ext.evidence.redact import RedactingFilter, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
            tell(error)
            sys.exit(1)

    return telling


def tell(error: Exception) -> None:
    """Tell *error* in one line; a password in an address stays hidden."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(Redactor().text(line), err=True)


def verbose() -> bool:
    """Whether `chaos --verbose` was given."""
    context = click.get_current_context(silent=True)
    root = context.find_root() if context else None
    return bool(root and root.params.get("verbose"))


def show_json(obj: Any) -> None:
    """Print *obj* as JSON."""
    click.echo(json.dumps(obj, indent=2, sort_keys=True, default=str))


def hide_secrets(redactor: Redactor) -> None:
    """Keep secrets out of the host's log file and off the terminal."""
    for handler in logging.getLogger("chaostoolkit").handlers:
        handler.addFilter(RedactingFilter(redactor))


def quiet_host() -> None:
    """Keep the host's log lines off the terminal where ours say the same."""
    for handler in _on_terminal():
        handler.setLevel(logging.ERROR)
        if handler.formatter:
            handler.setFormatter(_WithoutTraceback(handler.formatter))


def _on_terminal() -> Iterator[logging.Handler]:
    for handler in logging.getLogger("chaostoolkit").handlers:
        to_a_file = isinstance(handler, logging.FileHandler)
        if isinstance(handler, logging.StreamHandler) and not to_a_file:
            yield handler


class _WithoutTraceback(logging.Formatter):
    """The message alone: the log file, and --verbose, have the traceback."""

    def __init__(self, whole: logging.Formatter) -> None:
        super().__init__()
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        """The record as *whole* tells it, on one line."""
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        error = record.exc_info[1] if record.exc_info else None
        text = self._whole.format(plain)
        return f"{text} {' '.join(repr(error).split())}" if error else text
