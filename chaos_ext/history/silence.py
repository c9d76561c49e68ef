"""How long nothing was heard: an outage shorter than that could have gone unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaos_ext.history.rows import KINDS, OK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Span: TypeAlias = tuple[int, int]  # from_ns, to_ns


def silences(
    columns: Mapping[str, NDArray[Any]], kind: int, within: Span | None = None
) -> list[Span]:
    """The time between successes of *kind*, from asking one to the end of the next.

    The edges of *within* count as successes: a witness that stopped before it was over, or began
    after it had begun, heard nothing in between. What was over before it is left away.
    """
    good = (
        (columns["kind"] == kind) & (columns["outcome"] == OK) & (columns["finished_ns"] >= 0)
    )
    sent, finished = columns["sent_ns"][good], columns["finished_ns"][good]
    order = np.argsort(finished, kind="stable")
    # The service was up at some moment of each success: at the earliest when it was asked.
    up_by = np.maximum.accumulate(sent[order]).tolist()
    over = finished[order].tolist()
    if within:
        up_by, over = [within[0], *up_by], [*over, within[1]]
    else:
        up_by, over = up_by[:-1], over[1:]
    from_ns = within[0] if within else None
    return [
        (start, end)
        for start, end in zip(up_by, over, strict=True)
        if end > start and (from_ns is None or end > from_ns)
    ]


def longest_silence_s(columns: Mapping[str, NDArray[Any]], within: Span | None = None) -> float:
    """The longest of the silences of any kind, in seconds.

    It bounds every outage from above, also one that fell between two questions.
    """
    found = [span for kind in range(len(KINDS)) for span in silences(columns, kind, within)]
    return max((end - start for start, end in found), default=0) / 1e9
