"""Secrets -> `***`, so that evidence can be handed to anybody."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

HIDDEN = "***"
SHORTEST_INSIDE = 4  # a shorter secret would eat half of every text it is looked for in
# A port is not a password: digits that a path or the end follows.
_URL_PASSWORD = re.compile(
    r"""([A-Za-z][A-Za-z0-9+.\-]*://[^\s:/@?\#"'<>]*):(?!\d+(?:[/?\#\s]|$))[^\s"'<>]*@"""
)


class Redactor:
    """Knows the secrets of a run and takes them out of text and data."""

    def __init__(self, secrets: Any = None) -> None:
        """Take every leaf of *secrets* (nested mappings, lists) as a secret."""
        leaves = {text for leaf in _leaves(secrets) for text in _spellings(leaf)}
        self._whole = frozenset(leaves)
        inside = sorted((t for t in leaves if len(t) >= SHORTEST_INSIDE), key=len, reverse=True)
        self._inside = re.compile("|".join(map(re.escape, inside))) if inside else None

    def text(self, text: str) -> str:
        """*text* without secrets and without the passwords of URLs."""
        if text in self._whole:
            return HIDDEN
        if self._inside:
            text = self._inside.sub(HIDDEN, text)
        return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)

    def data(self, obj: Any, _above: tuple[int, ...] = ()) -> Any:
        """A new object like *obj*, without secrets in values or keys."""
        if isinstance(obj, str):
            return self.text(obj)
        if isinstance(obj, bytes):
            # surrogateescape brings every other byte back unchanged
            told = self.text(obj.decode("utf-8", "surrogateescape"))
            return told.encode("utf-8", "surrogateescape")
        if isinstance(obj, int | float) and not isinstance(obj, bool):
            return HIDDEN if str(obj) in self._whole else obj
        if id(obj) in _above:
            return "(contains itself)"
        return self._inner(obj, (*_above, id(obj)))

    def _inner(self, obj: Any, above: tuple[int, ...]) -> Any:
        if isinstance(obj, Mapping):
            return {self.data(k, above): self.data(v, above) for k, v in obj.items()}
        if isinstance(obj, list | set | frozenset):
            return type(obj)(self.data(item, above) for item in obj)
        if isinstance(obj, tuple):  # a named tuple has no such constructor
            return tuple(self.data(item, above) for item in obj)
        return obj


class RedactingFilter(logging.Filter):
    """Takes secrets out of log records: message, arguments, traceback and stack."""

    def __init__(self, redactor: Redactor) -> None:
        """Use *redactor* for every record."""
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Change *record*; keep it always."""
        try:
            record.msg, record.args = self._redactor.text(record.getMessage()), None
        except (TypeError, ValueError, KeyError):  # arguments do not fit the message
            record.msg = f"{record.msg} {record.args!r}"
            record.msg, record.args = self._redactor.text(record.msg), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if record.exc_text:
            record.exc_text = self._redactor.text(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.text(record.stack_info)
        return True


def _leaves(secrets: Any) -> Iterator[str]:
    if isinstance(secrets, Mapping):
        for value in secrets.values():
            yield from _leaves(value)
    elif isinstance(secrets, list | tuple | set | frozenset):
        for value in secrets:
            yield from _leaves(value)
    elif isinstance(secrets, bytes):
        yield secrets.decode("utf-8", "surrogateescape")
    elif isinstance(secrets, str | int | float) and not isinstance(secrets, bool):
        yield str(secrets)


def _spellings(secret: str) -> set[str]:
    """How a secret may be written in a URL, in JSON or in a Python repr."""
    told = secret.encode("utf-8", "surrogateescape")
    spelt = {
        secret,
        quote(told, safe=""),
        quote(told),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
    return {text for text in spelt if text}
