"""Looks at processes -> how full each of their resources was: ratios, and NaN where nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaos_ext.history.rows import LOOK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

WINDOW_S = 1.0  # of what is a rate: CPU and throttling


def _place(column: str) -> int:
    """Which number of a row a column is."""
    assert LOOK.fields
    return int(LOOK.fields[column][1]) // 8


# what there is, and the columns of what is used and of what there is at most
_PARTS = {
    "files": ("files", "files_allowed"),
    "connections": ("connections", "connections_allowed"),
    "disk": ("disk_bytes", "disk_total_bytes"),
    "inodes": ("inodes", "inodes_total"),
}
KINDS = ("memory", "cpu", "throttled", *_PARTS)
_MEMORY = {
    "server": ("memory_server_bytes", "memory_server_limit_bytes"),
    "group": ("memory_group_bytes", "memory_group_limit_bytes"),
}
_PAIRS = [*_PARTS.values(), *_MEMORY.values()]
_SERVER, _GROUP = len(_PARTS), len(_PARTS) + 1
_USED, _MOST = ([_place(pair[end]) for pair in _PAIRS] for end in (0, 1))


def by_target(looks: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The looks at each target, in the order of time."""
    ordered = looks[np.argsort(looks["at_ns"], kind="stable")]
    return {
        name.decode(): ordered[ordered["target"] == name]
        for name in sorted(set(ordered["target"].tolist()))
    }


def ratios(looks: NDArray[Any]) -> dict[str, Array]:
    """By kind, how full it was at each look at one target, 0 to 1 and perhaps beyond."""
    rates = {"cpu": cpu_ratio(looks), "throttled": throttled_ratio(looks)}
    found = at_once(looks) | rates
    return {kind: found[kind] for kind in KINDS}


def at_once(looks: NDArray[Any]) -> dict[str, Array]:
    """By kind, how full was what a single look tells.

    Memory is as full as the fullest of the server's own limit and its control group's, as either
    ends it. Where the group does not tell what it uses, what is resident is held against its limit.
    """
    numbers = np.ascontiguousarray(looks).view(np.int64).reshape(len(looks), LOOK.itemsize // 8)
    used, most = numbers[:, _USED], numbers[:, _MOST]
    of_group = used[:, _GROUP]
    used[:, _GROUP] = np.where(of_group < 0, looks["memory_bytes"], of_group)
    full = _divided(used.astype(float), most.astype(float), (used >= 0) & (most > 0))
    memory = np.fmax(full[:, _SERVER], full[:, _GROUP])
    return {"memory": memory, **{kind: full[:, place] for place, kind in enumerate(_PARTS)}}


def memory_limit(looks: NDArray[Any]) -> float:
    """The smallest limit of its memory that was ever known; NaN when none was."""
    known = [looks[limit][looks[limit] > 0] for _, limit in _MEMORY.values()]
    return min((float(each.min()) for each in known if len(each)), default=np.nan)


def cpu_ratio(looks: NDArray[Any], window_s: float = WINDOW_S) -> Array:
    """CPU time used in the window that ends with each look, of what it was allowed."""
    before = _before(looks, window_s)
    return np.where(before >= 0, cpu_between(looks[before], looks), np.nan)


def throttled_ratio(looks: NDArray[Any], window_s: float = WINDOW_S) -> Array:
    """Of the periods of its quota in that window, the share in which it had to wait."""
    before = _before(looks, window_s)
    return np.where(before >= 0, throttled_between(looks[before], looks), np.nan)


def cpu_between(before: NDArray[Any], now: NDArray[Any]) -> Array:
    """CPU time used from each look to the one in the same place, of what was allowed.

    Where that has changed in between, of the larger: what was allowed until then is no excess.
    """
    cores = np.fmax(before["cpu_cores"], now["cpu_cores"])
    known = _same(before, now) & (before["cpu_ns"] >= 0) & (cores > 0)
    used = (now["cpu_ns"] - before["cpu_ns"]).astype(float)
    lasted = (now["at_ns"] - before["at_ns"]).astype(float)
    return _divided(used, lasted * cores, known)


def throttled_between(before: NDArray[Any], now: NDArray[Any]) -> Array:
    """Of the periods from each look to the one in the same place, those that were too short."""
    periods = (now["cpu_periods"] - before["cpu_periods"]).astype(float)
    waited = now["cpu_periods_throttled"] - before["cpu_periods_throttled"]
    known = _same(before, now) & (before["cpu_periods"] >= 0) & (now["cpu_periods"] >= 0)
    known &= (periods >= 0) & (waited >= 0)  # in another group by now, it counts anew
    share = _divided(waited.astype(float), periods, known)
    return np.where(known & (periods == 0), 0.0, share)


def lives(looks: NDArray[Any]) -> list[NDArray[Any]]:
    """The looks at each process that the target was, without those at none."""
    alive = looks[looks["pid"] > 0]
    edges = np.flatnonzero(np.diff(alive["pid"])) + 1
    return [life for life in np.split(alive, edges) if len(life)]


def _before(looks: NDArray[Any], window_s: float) -> NDArray[np.int64]:
    """For each look, the last one at least *window_s* earlier at the same process, or -1."""
    if not len(looks):
        return np.zeros(0, dtype=np.int64)
    planned = looks["intended_ns"]
    before = np.searchsorted(planned, planned - int(window_s * 1e9), side="right") - 1
    # a process that ended, and another of its number after it, are two
    life = np.cumsum(np.diff(looks["pid"], prepend=looks["pid"][:1]) != 0)
    return np.where((before >= 0) & (life == life[before]), before, -1)


def _same(before: NDArray[Any], now: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the same process was seen both times."""
    return np.asarray((now["pid"] > 0) & (now["pid"] == before["pid"]))


def _divided(parts: Array, whole: Array, known: NDArray[np.bool_]) -> Array:
    known = known & (whole > 0)
    share: Array = np.divide(parts, whole, out=np.full(parts.shape, np.nan), where=known)
    return share
