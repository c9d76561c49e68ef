"""How long writes were still acknowledged after something had begun, as two bounds.

A write that was acknowledged was so at some instant between when it was sent and when it was
over. Hence the last one before the end gives, by when it was sent, the least it can have been.
A write that was not acknowledged says "no more" at the latest when it was over: the first one
sent after that last answer gives the most. Beginning and end are known as two instants each,
the earliest and the latest, and each bound takes the one that makes it say less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chaos_ext.history.data import writes
from chaos_ext.history.rows import OK

if TYPE_CHECKING:
    from chaos_ext.history.operations import Columns
    from chaos_ext.history.silence import Span

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class StillAcknowledged:
    """For how long, at least and at most, and how many writes certainly were."""

    lower_s: float
    upper_s: float  # infinite when no write failed between the last good one and the end
    count: int


def still_acknowledged(columns: Columns, began: Span, ended: Span) -> StillAcknowledged:
    """How long after it *began* a write was acknowledged, of those before it *ended*."""
    rows = writes(columns)
    good, sent, over = rows["outcome"] == OK, rows["sent_ns"], rows["finished_ns"]
    certainly = good & (over <= ended[0])
    lower_ns = int(sent[certainly].max(initial=began[1])) - began[1]
    last_ns = int(over[good & (sent < ended[1])].max(initial=began[0]))
    refused = over[~good & (over >= 0) & (sent >= last_ns) & (sent < ended[1])]
    upper_ns = int(refused.min()) - began[0] if len(refused) else np.inf
    return StillAcknowledged(
        lower_s=lower_ns / _NS_PER_S,
        upper_s=upper_ns / _NS_PER_S,
        count=int(np.count_nonzero(certainly & (sent >= began[1]))),
    )
