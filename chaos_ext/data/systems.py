"""What a system knows of its own files, keys and replicas, found by the system's name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from chaos_ext.errors import BadArgument

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from pathlib import Path


class Files(Protocol):
    """What `chaos_ext.<system>.files` must offer."""

    WORDS: tuple[str, ...]  # what `find` knows
    ENDS_BY: signal.Signals  # after which it has written everything
    ENDS_AT_ONCE: signal.Signals  # for one whose data is replaced anyway

    def find(self, folder: Path, what: str) -> Path:
        """The file that *what* is, in the folder of a server; BadArgument where there is none."""

    def examine(self, path: Mapping[str, Any], what: str) -> tuple[bool, str]:
        """Whether its files are intact by its own tools, and what those say."""

    def repair(self, path: Mapping[str, Any], what: str) -> str:
        """Repair them by its own tools while it is down; what those say."""


def files(system: str) -> Files:
    """Who knows the files of *system*."""
    return cast("Files", of(system, "files"))


def of(system: str, part: str) -> Any:
    """The module of *system* that knows its *part*; BadArgument where nobody does."""
    name = f"chaos_ext.{system}.{part}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, f"chaos_ext.{system}"):
            raise
        raise BadArgument(f"data: nobody knows the {part} of {system}") from None
