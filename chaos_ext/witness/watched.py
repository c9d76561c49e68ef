"""What a system must offer to be watched: a way to connect, and one write and one read.

`chaos_ext.<system>.watch.canary(target, run)` returns a `Watched`; nothing is registered, so
a new system is watched by adding its own file and touching none of ours.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Mapping


class Connection(Protocol):
    """A connection that tells in a word of `history.rows.ERRORS` how it went; "" is success.

    It raises OSError when it ends before an answer came.
    """

    @property
    def peer(self) -> int:
        """Who is asked, packed by `history.rows.pack_peer`."""

    @property
    def ended(self) -> bool:
        """Whether nothing can be sent on it any more."""

    async def write(self, seq: int) -> str:
        """Write the value of *seq* under a key that only *seq* has."""

    async def read(self, seq: int) -> str:
        """Read what the write *seq* wrote; any other value is a "wrong value"."""

    def close(self) -> None:
        """End it at once; what waits on it raises OSError."""


class Watched(Protocol):
    """A system a canary can ask."""

    async def connect(self) -> Connection:
        """Find who serves and connect once.

        It raises OSError when it cannot, TargetUnreachable when nobody names one.
        """

    def close(self) -> None:
        """End whatever finding it has opened."""


def watched(system: str, target: Mapping[str, Any], run: str) -> Watched:
    """The half of the canary that belongs to *system*."""
    try:
        module = import_module(f"chaos_ext.{system}.watch")
    except ModuleNotFoundError as missing:
        raise BadArgument(
            f"{system!r} cannot be watched: there is no chaos_ext.{system}.watch"
        ) from missing
    made: Watched = module.canary(target, run)
    return made
