"""The five words a run may end with, their order, and the exit codes that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HELD, REHEARSED, VOID, BROKE, DIRTY = "held", "rehearsed", "void", "broke", "dirty"
ORDER = (HELD, REHEARSED, VOID, BROKE, DIRTY)  # the last one outranks all others
EXIT_CODES = {HELD: 0, BROKE: 1, VOID: 3, DIRTY: 4, REHEARSED: 5}
MEANINGS = {
    HELD: "every claim was tested, on real servers, and was true",
    BROKE: "a claim was tested and was false",
    VOID: "it could not be tested",
    DIRTY: "something we did may still be in place",
    REHEARSED: "held, but a stand-in was among the targets",
}


def worst(words: Iterable[str]) -> str:
    """The word that outranks all others of *words*; `held` when there is none."""
    return max(words, key=ORDER.index, default=HELD)
