"""How long nothing was heard: an outage shorter than that could have gone unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.rows import KINDS, OK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def longest_silence_s(columns: Mapping[str, NDArray[Any]]) -> float:
    """The longest time between two successes of a kind, from asking one to the end of the next.

    It bounds every outage from above, also one that fell between two questions.
    """
    return max((_of_kind(columns, kind) for kind in range(len(KINDS))), default=0.0)


def _of_kind(columns: Mapping[str, NDArray[Any]], kind: int) -> float:
    good = (
        (columns["kind"] == kind) & (columns["outcome"] == OK) & (columns["finished_ns"] >= 0)
    )
    sent, finished = columns["sent_ns"][good], columns["finished_ns"][good]
    if len(sent) < 2:  # noqa: PLR2004 - it takes two to have something between them
        return 0.0
    order = np.argsort(finished, kind="stable")
    sent, finished = sent[order], finished[order]
    # The service was up at some moment of each success: at the earliest when it was asked.
    up_at_least_once_by = np.maximum.accumulate(sent)
    return float((finished[1:] - up_at_least_once_by[:-1]).max() / 1e9)
