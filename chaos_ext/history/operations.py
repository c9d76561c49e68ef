"""Joins what was asked with what was answered: one row an operation, answered or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaos_ext.history.rows import ANSWERED, ASKED, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns: TypeAlias = "dict[str, NDArray[Any]]"


def operations(steps: NDArray[np.void]) -> Columns:
    """Columns kind, seq, intended_ns, sent_ns, finished_ns, outcome, error, peer, by seq.

    What was never answered is unknown, and finished_ns is -1.
    """
    asked = _by_seq(steps[steps["part"] == ASKED])
    answered = _by_seq(steps[steps["part"] == ANSWERED])
    columns: Columns = {
        "kind": asked["kind"].copy(),
        "seq": asked["seq"].copy(),
        "intended_ns": asked["intended_ns"].copy(),
        "sent_ns": asked["at_ns"].copy(),
        "finished_ns": np.full(len(asked), -1, dtype=np.int64),
        "outcome": np.full(len(asked), UNKNOWN, dtype=np.uint8),
        "error": np.zeros(len(asked), dtype=np.uint8),
        "peer": asked["peer"].copy(),
    }
    _, of_asked, of_answered = np.intersect1d(
        asked["seq"], answered["seq"], assume_unique=True, return_indices=True
    )
    over = answered[of_answered]
    columns["finished_ns"][of_asked] = over["at_ns"]
    columns["outcome"][of_asked] = over["outcome"]
    columns["error"][of_asked] = over["error"]
    # who answered is better known than who was about to be asked
    columns["peer"][of_asked] = np.where(
        over["peer"] > 0, over["peer"], asked["peer"][of_asked]
    )
    return columns


def _by_seq(rows: NDArray[np.void]) -> NDArray[np.void]:
    return rows[np.argsort(rows["seq"], kind="stable")]
