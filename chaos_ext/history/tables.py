"""Columns <-> Parquet files that name things in words, so that any tool can read a run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext.errors import RunUnreadable
from chaos_ext.history.durable import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def write_table(path: Path, columns: Mapping[str, Any]) -> None:
    """Write *columns* in order, whole or not at all, and on disk when this returns."""
    import pyarrow as pa  # noqa: PLC0415 - 0.2 s that only compacting needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink, compression="zstd")
    path.parent.mkdir(exist_ok=True)
    write_bytes(path, sink.getvalue())


def read_table(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The columns *names* of a Parquet file, as arrays."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        # Not by path: then Arrow would take `a=b` in a folder's name for a column.
        table = pq.read_table(pa.py_buffer(path.read_bytes()), columns=list(names))
        return {name: table.column(name).to_numpy() for name in names}
    except (OSError, KeyError, pa.ArrowException) as problem:
        reason = str(problem).splitlines()[0]
        raise RunUnreadable(f"{path}: is not a table of this kind ({reason})") from problem


def words(codes: NDArray[Any], names: Sequence[str]) -> Any:
    """Codes -> a dictionary-encoded column of words."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("i1")), pa.array(list(names)))


def codes(column: Any, names: Sequence[str]) -> NDArray[np.uint8]:
    """A column of words -> codes."""
    numbers = {name: number for number, name in enumerate(names)}
    return np.array([numbers[str(word)] for word in column], dtype="u1")
