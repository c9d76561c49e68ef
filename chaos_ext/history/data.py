"""What became of acknowledged writes: the question an outage is really about."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.rows import OK, UNKNOWN, WRITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

MATCH, MISSING, OTHER, UNREAD = "match", "missing", "other", "unread"
SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Data:
    """The writes of a run, and where they were when it was over."""

    acknowledged: int
    failed: int
    unknown: int  # never answered: may or may not be there, and is never called lost
    lost: int  # acknowledged, and the primary has nothing or something else
    unexpected: int  # values nobody wrote
    recovered: int  # unknown, and there after all
    acknowledged_unread: int  # acknowledged, and nobody could look
    unread: int
    lost_sample: tuple[int, ...]


def writes(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The writes among operations, with one outcome each: unanswered is unknown."""
    chosen = columns["kind"] == WRITE
    rows = {name: np.asarray(values)[chosen] for name, values in columns.items()}
    unanswered = rows["finished_ns"] < 0
    rows["outcome"] = np.where(unanswered, UNKNOWN, rows["outcome"])
    return rows


def places(seqs: NDArray[Any], read_back: Mapping[str, Any]) -> NDArray[np.str_]:
    """Where the primary had each of *seqs*; `unread` for one that was not looked for."""
    found = dict(zip(_plain(read_back["seq"]), _plain(read_back["primary"]), strict=True))
    return np.array([found.get(int(seq), UNREAD) for seq in seqs], dtype="U8")


def judge_data(
    columns: Mapping[str, NDArray[Any]], read_back: Mapping[str, Any], unexpected: int
) -> Data:
    """Compare what was written with what was read back; *unexpected* keys were found by a scan."""
    rows = writes(columns)
    place = places(rows["seq"], read_back)
    acknowledged, unknown = rows["outcome"] == OK, rows["outcome"] == UNKNOWN
    lost = acknowledged & ((place == MISSING) | (place == OTHER))
    return Data(
        acknowledged=_count(acknowledged),
        failed=_count(~acknowledged & ~unknown),
        unknown=_count(unknown),
        lost=_count(lost),
        unexpected=unexpected + _count(place == OTHER),
        recovered=_count(unknown & (place == MATCH)),
        acknowledged_unread=_count(acknowledged & (place == UNREAD)),
        unread=_count(place == UNREAD),
        lost_sample=tuple(sorted(int(seq) for seq in rows["seq"][lost])[:SAMPLE]),
    )


def together(found: Sequence[Data]) -> Data:
    """All writes of several witnesses; the sample is the first one's, as numbers are its own."""
    sums = {
        each.name: sum(getattr(data, each.name) for data in found)
        for each in fields(Data)
        if each.name != "lost_sample"
    }
    return Data(**sums, lost_sample=found[0].lost_sample)


def _count(chosen: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(chosen))


def _plain(values: Any) -> list[Any]:
    return list(values.tolist() if hasattr(values, "tolist") else values)
