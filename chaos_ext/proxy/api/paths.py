"""Which handler a request is for: paths are read, cleaned and matched as by Toxiproxy's router."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from chaos_ext.proxy.api.answers import TEXT, Answer, plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_TARGET = re.compile(
    r"(?P<host>[a-zA-Z][a-zA-Z0-9+.-]*://[^/?]*)?(?P<path>[^?]*)(?P<query>\?.*)?"
)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_KEPT = "/$&+,:;=@-_.~"  # what Go leaves as it is in a path
_NAME = re.compile(r"\{\w+\}")

BAD_REQUEST = Answer(400, b"400 Bad Request", TEXT, (("Connection", "close"),))
NOT_FOUND = plain(404, "404 page not found")
NOT_ALLOWED = Answer(405)
OPTIONS = Answer(200)


@dataclass(frozen=True, slots=True)
class Route:
    """One path, the methods it has (any when there are none), and who answers."""

    path: str
    methods: tuple[str, ...]
    handler: Callable[..., Awaitable[Answer]]
    mutates: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request, and the names in its path."""

    route: Route
    names: tuple[str, ...]


class Paths:
    """All routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(_pattern(each.path), each) for each in routes]

    def find(self, method: str, target: str) -> Found | Answer:
        """The route of a request, or the answer when there is none."""
        if target == "*" and method == "OPTIONS":
            return OPTIONS
        parts = _TARGET.fullmatch(target)
        if parts is None or _BAD_ESCAPE.search(parts["path"]):
            return BAD_REQUEST
        if not parts["host"] and target != "*" and not target.startswith("/"):
            return BAD_REQUEST
        raw = unquote_to_bytes(parts["path"].encode("latin-1"))
        path = raw.decode("utf-8", "surrogateescape")
        if (clean := _cleaned(path)) != path:
            where = quote(clean.encode("utf-8", "surrogateescape"), safe=_KEPT)
            location = f"{parts['host'] or ''}{where}{parts['query'] or ''}"
            return Answer(301, headers=(("Location", location),))
        return self._matched(method, path)

    def _matched(self, method: str, path: str) -> Found | Answer:
        missed: Answer = NOT_FOUND
        for pattern, route in self._routes:
            match = pattern.fullmatch(path)
            if match and (not route.methods or method in route.methods):
                return Found(route, match.groups())
            if match:
                missed = NOT_ALLOWED
        return missed


def _pattern(path: str) -> re.Pattern[str]:
    fixed = map(re.escape, _NAME.split(path))
    return re.compile("([^/]+)".join(fixed), re.DOTALL)


def _cleaned(path: str) -> str:
    clean = posixpath.normpath(f"/{path}").replace("//", "/", 1)
    return f"{clean}/" if path.endswith("/") and clean != "/" else clean
