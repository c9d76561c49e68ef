"""Raw rows -> tables, once a run is over: smaller, typed, and readable by any tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.history.data import UNREAD, writes
from chaos_ext.history.operations import operations
from chaos_ext.history.phases import label
from chaos_ext.history.rows import (
    ARRIVAL,
    ERRORS,
    KINDS,
    LOOK,
    OUTCOMES,
    STEP,
    peer_text,
    read_rows,
)
from chaos_ext.history.tables import codes, read_table, words, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from chaos_ext.history.phases import Phase

CANARY_BIN, CANARY = "canary.bin", "canary.parquet"
STAYING_BIN, STAYING = "canary-stays.bin", "canary-stays.parquet"  # asks one node only
LOAD_BIN, LOAD = "load.bin", "load.parquet"
LOOKS_BIN, LOOKS = "resources.bin", "resources.parquet"
OPERATIONS = "operations"
UNASKED = "unasked"  # the outcome of a value that nobody wrote
_TIMES = ("intended_ns", "sent_ns", "finished_ns")
_WORDS = {"kind": KINDS, "outcome": OUTCOMES, "error": ERRORS}

Columns = dict[str, "NDArray[Any]"]


def compact_canary(folder: Path, spans: Sequence[Phase]) -> None:
    """The rows of each canary -> its table; they go only when the table is on disk."""
    for raw, table in ((CANARY_BIN, CANARY), (STAYING_BIN, STAYING)):
        if (folder / raw).exists():
            columns = operations(read_rows(folder / raw, STEP))
            peers = [peer_text(int(peer)) for peer in columns["peer"]]
            write_table(folder / table, _told(columns, spans, peer=peers))
            (folder / raw).unlink()


def compact_load(folder: Path, spans: Sequence[Phase]) -> None:
    """load.bin -> load.parquet; the rows go only when the table is on disk."""
    if not (folder / LOAD_BIN).exists():
        return
    rows = read_rows(folder / LOAD_BIN, ARRIVAL)
    columns = {name: rows[name] for name in ("kind", "seq", *_TIMES, "outcome", "error")}
    write_table(folder / LOAD, _told(columns, spans))
    (folder / LOAD_BIN).unlink()


def compact_looks(folder: Path, spans: Sequence[Phase]) -> None:
    """resources.bin -> resources.parquet, likewise."""
    if not (folder / LOOKS_BIN).exists():
        return
    rows = read_rows(folder / LOOKS_BIN, LOOK)
    columns = {name: rows[name] for name in LOOK.names or ()}
    told = {
        "target": _texts(np.char.decode(rows["target"])),
        "phase": _texts(label(spans, rows["at_ns"])),
    }
    write_table(folder / LOOKS, columns | told)
    (folder / LOOKS_BIN).unlink()


def keep_read_back(
    folder: Path,
    witness: str,
    spans: Sequence[Phase],
    read_back: Mapping[str, Sequence[Any]],
    unexpected: int = 0,
) -> None:
    """The writes of a witness and where each was found -> operations/<witness>.parquet.

    *read_back* has the columns seq, primary, replicas_with, replicas. Each *unexpected* value
    becomes a row of its own with the outcome `unasked` and no number.
    """
    rows = writes(read_canary(folder, stays=is_staying(witness)))
    found = dict(zip(read_back["seq"], zip(*_found(read_back), strict=True), strict=True))
    places = [found.get(int(seq), (UNREAD, 0, 0)) for seq in rows["seq"]]
    places += [("other", 0, 0)] * unexpected
    outcomes = [OUTCOMES[code] for code in rows["outcome"]] + [UNASKED] * unexpected
    phases = [*label(spans, rows["intended_ns"]).tolist(), *[""] * unexpected]
    nobody = np.full(unexpected, -1, dtype="i8")
    primary, replicas_with, replicas = zip(*places, strict=True) if places else ((), (), ())
    columns = {
        "seq": np.concatenate([rows["seq"].astype("i8"), nobody]),
        "outcome": _texts(outcomes),
        "phase": _texts(phases),
        "intended_ns": np.concatenate([rows["intended_ns"], nobody]),
        "finished_ns": np.concatenate([rows["finished_ns"], nobody]),
        "primary": _texts(primary),
        "replicas_with": np.array(replicas_with, dtype="i4"),
        "replicas": np.array(replicas, dtype="i4"),
    }
    write_table(folder / OPERATIONS / f"{witness}.parquet", columns)


def is_staying(witness: str) -> bool:
    """Whether a witness of that name asks one node only, whoever the primary is."""
    return "@" in witness


def was_kept(folder: Path, *, stays: bool = False) -> bool:
    """Whether there is a canary's table, or at least its rows."""
    return any((folder / name).exists() for name in _canary_files(stays=stays))


def read_canary(folder: Path, *, stays: bool = False) -> Columns:
    """The operations of a canary, from the table or, before compaction, the rows."""
    table, raw = _canary_files(stays=stays)
    if (folder / table).exists():
        return _coded(read_table(folder / table, ("seq", *_TIMES, *_WORDS)))
    return dict(operations(read_rows(folder / raw, STEP)))


def read_load(folder: Path) -> NDArray[Any]:
    """The arrivals of the load, as ARRIVAL rows."""
    if not (folder / LOAD).exists():
        return read_rows(folder / LOAD_BIN, ARRIVAL)
    columns = _coded(read_table(folder / LOAD, ("seq", *_TIMES, *_WORDS)))
    rows = np.zeros(len(columns["seq"]), dtype=ARRIVAL)
    for name, values in columns.items():
        rows[name] = values
    return rows


def read_looks(folder: Path) -> NDArray[Any]:
    """The looks at the servers, as LOOK rows."""
    if not (folder / LOOKS).exists():
        return read_rows(folder / LOOKS_BIN, LOOK)
    columns = read_table(folder / LOOKS, LOOK.names or ())
    rows = np.zeros(len(columns["at_ns"]), dtype=LOOK)
    for name, values in columns.items():
        rows[name] = values.astype("S") if name == "target" else values
    return rows


def read_read_back(folder: Path, *, stays: bool = False) -> tuple[Columns, int] | None:
    """Where every write was found, and how many values nobody wrote; None when never asked."""
    kept = (folder / OPERATIONS).glob("*.parquet")
    files = sorted(path for path in kept if is_staying(path.stem) is stays)
    if not files:
        return None
    tables = [read_table(path, ("seq", "outcome", "primary")) for path in files]
    joined = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    asked = joined["outcome"] != UNASKED
    return {name: joined[name][asked] for name in ("seq", "primary")}, int((~asked).sum())


def _canary_files(*, stays: bool) -> tuple[str, str]:
    return (STAYING, STAYING_BIN) if stays else (CANARY, CANARY_BIN)


def _told(columns: Mapping[str, Any], spans: Sequence[Phase], **more: Any) -> dict[str, Any]:
    told = dict(columns) | {name: words(columns[name], known) for name, known in _WORDS.items()}
    return (
        told
        | {name: _texts(values) for name, values in more.items()}
        | {"phase": _texts(label(spans, columns["intended_ns"]))}
    )


def _coded(table: Mapping[str, Any]) -> Columns:
    return dict(table) | {name: codes(table[name], known) for name, known in _WORDS.items()}


def _found(read_back: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
    return [read_back[name] for name in ("primary", "replicas_with", "replicas")]


def _texts(values: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array([str(value) for value in values], pa.string()).dictionary_encode()
