"""What every fault sees of a server whose files it has in hand: how it is reached, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Repairable(Protocol):
    """A server that can be started again."""

    name: str
    node: str

    def runs(self) -> bool:
        """Whether the server runs, as whatever process."""

    def settled(self) -> bool:
        """Whether it serves, and still does a moment later; raises when it has ended."""

    def start_again(self) -> None:
        """Start the server again, unless it runs."""


class Beside:
    """A fault that works beside the server, on its files."""

    __slots__ = ()
    target: Any
    paths: dict[str, Any]

    @property
    def _path(self) -> dict[str, Any]:
        found: dict[str, Any] = self.paths[self.target.name]
        return found

    @property
    def _folder(self) -> Path:
        return Path(self._path["folder"])
