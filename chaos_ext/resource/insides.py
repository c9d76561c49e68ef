"""What is known of one system from the inside, found by its name: `chaos_ext.<system>.inside`.

It may offer `connections(address)`, what a connection must say to count (`HELLO`), `memory(address)`
and `limit_memory(address, limit_bytes)`.
"""

from __future__ import annotations

import importlib
from importlib import util
from typing import Any

from chaos_ext.errors import NotAllowed


def knows(system: str, word: str) -> bool:
    """Whether the system can be asked, or told, *word*."""
    name = f"chaos_ext.{system}.inside"
    if not util.find_spec(f"chaos_ext.{system}") or not util.find_spec(name):
        return False
    return hasattr(importlib.import_module(name), word)


def inside(system: str, word: str) -> Any:
    """The module that knows *word*; NotAllowed where there is none."""
    if not knows(system, word):
        raise NotAllowed(
            f"nobody has told how to ask {system} for its {word.replace('_', ' ')}: "
            f"chaos_ext.{system}.inside would have to"
        )
    return importlib.import_module(f"chaos_ext.{system}.inside")
