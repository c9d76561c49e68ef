"""How every word tells its errors: one line, exit code 1, a traceback only with --verbose.

A reader that went away, as in `chaos faults | head -1`, is no error of ours: nothing is said of it.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import signal
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from chaos_ext.errors import ChaosExtError
from chaos_ext.evidence.redact import RedactingFilter, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


P = ParamSpec("P")
R = TypeVar("R")
NOBODY_READS = 128 + signal.SIGPIPE  # what a shell says of a program that ended by this

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Make *command* tell our errors in one line."""

    @functools.wraps(command)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            try:
                return command(*args, **kwargs)
            finally:
                sys.stdout.flush()  # at the end of the process it would be too late to tell
        except BrokenPipeError:
            _write_to_nobody()
            sys.exit(NOBODY_READS)
        except (ChaosExtError, OSError) as error:
            if verbose():
                traceback.print_exc()
            tell(error)
            if kwargs.get("as_json"):  # a script reads one shape, whatever has happened
                show_json({"error": type(error).__name__, "text": _line(error)})
            sys.exit(1)

    return telling


@contextmanager
def unread_is_fine() -> Iterator[None]:
    """Print within it where the exit code must stay what it is though nobody reads to the end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _write_to_nobody()


def _write_to_nobody() -> None:
    """Let what is still to be written go nowhere; otherwise it fails once more at the exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def tell(error: Exception) -> None:
    """Tell *error* in one line; a password in an address stays hidden."""
    click.echo(f"{type(error).__name__}: {_line(error)}", err=True)


def _line(error: Exception) -> str:
    return Redactor().text(" ".join(str(error).split()))


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
