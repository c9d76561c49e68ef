"""What a campaign has shown, as text: where it killed, what was left, how long healing took."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import plan
from catalogue import ROOMS, ROWS, why_not

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

P99_MS_MAX = {"disk": 2000, "resource": 2000}  # a cgroup and a disk have more to give back
P99_MS_MAX_ELSE = 1000
AIMED_MIN = 3  # so often a fault may fail to land by chance
HARMED = (plan.AFTER, plan.INJECT, plan.PLACE, plan.HEAL)


def summary(results: Sequence[dict[str, Any]], left_at_last: list[str]) -> str:
    """The table, the residues, and the times."""
    residues = [each for each in results if each["left"]]
    return "\n".join(
        [
            *_table(results),
            f"killed: {_counted(results, 'killed')}",
            f"lab: {_counted(results, 'lab')}",
            f"residues: {len(residues)} of {len(results)} kills",
            *(f"  kill {e['number']} ({e['fault']} of {e['target']}, {e['met']}, "
              f"{e['killed']} dead): {'; '.join(e['left'])}" for e in residues),
            *(f"  after the last: {line}" for line in left_at_last),
            *(line for room in ROOMS for line in _times(room, results)),
            *(f"never met in place: {fault}" for fault in never_in_place(results)),
            *(f"not run: {name}: {why}" for name, row in ROWS.items() if (why := why_not(row))),
        ]
    )  # fmt: skip


def too_slow(results: Sequence[dict[str, Any]]) -> list[str]:
    """The rooms whose healing took longer than is allowed."""
    return [room for room in ROOMS if (times := _healed(room, results))
            and _at(times, 0.99) > _allowed(room)]  # fmt: skip


def never_in_place(results: Sequence[dict[str, Any]]) -> list[str]:
    """The faults that were waited for, and never seen in place: nothing was shown of them."""
    aimed = Counter(e["fault"] for e in results if e["instant"] in (plan.PLACE, plan.HEAL))
    seen = {e["fault"] for e in results if e.get("lease") == "in_place" or e.get("lands_ms")}
    return [fault for fault, times in aimed.items() if times >= AIMED_MIN and fault not in seen]


# -- the table ----------------------------------------------------------------------------


def _table(results: Sequence[dict[str, Any]]) -> list[str]:
    """Fault x instant: how many kills, and behind a bang how many of them left something.

    An instant is where the run was met, as the ledger had it at the kill; of those that were
    drawn from the whole life of a run, how many is told in the last column.
    """
    columns = [*plan.STEPS, *plan.DISASTERS, plan.RANDOM]
    kills, left = Counter(), Counter()
    for each in results:
        for column in _columns(each):
            kills[each["fault"], column] += 1
            left[each["fault"], column] += bool(each["left"])
    head = f"{'fault':<13}" + "".join(f"{column:>15}" for column in columns)
    rows = []
    for fault in dict.fromkeys(each["fault"] for each in sorted(results, key=_row)):
        cells = [_cell(kills[fault, column], left[fault, column]) for column in columns]
        rows.append(f"{fault:<13}" + "".join(f"{cell:>15}" for cell in cells))
    return [head, *rows]


def _row(result: dict[str, Any]) -> int:
    return list(ROWS).index(result["fault"])


def _columns(result: dict[str, Any]) -> list[str]:
    if result["instant"] in plan.DISASTERS:
        return [result["instant"]]
    return [result["met"], *([plan.RANDOM] if result["instant"] == plan.RANDOM else [])]


def _cell(kills: int, left: int) -> str:
    return (f"{kills}!{left}" if left else str(kills)) if kills else "."


def _counted(results: Iterable[dict[str, Any]], key: str) -> str:
    counts = Counter(each[key] for each in results)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


# -- the times ----------------------------------------------------------------------------


def _times(room: str, results: Sequence[dict[str, Any]]) -> list[str]:
    allowed = _allowed(room)
    mine = [e for e in results if ROWS[e["fault"]].room == room and e["met"] in HARMED]
    return [
        *_line(f"{room}: runner dead to healed by the guardian", _healed(room, results), allowed),
        *_line(f"{room}: guardian dead to free, by itself", _sorted(mine, "freed_ms")),
        *_line(f"{room}: guardian dead to healed, by the run or chaos heal",
               _sorted(mine, "swept_ms")),
    ]  # fmt: skip


def _healed(room: str, results: Sequence[dict[str, Any]]) -> list[float]:
    mine = [e for e in results if ROWS[e["fault"]].room == room and e["met"] in HARMED]
    return _sorted(mine, "healed_ms")


def _sorted(results: Iterable[dict[str, Any]], key: str) -> list[float]:
    return sorted(each[key] for each in results if key in each)


def _line(what: str, times: list[float], allowed: int = 0) -> list[str]:
    if not times:
        return []
    p50, p99 = _at(times, 0.5), _at(times, 0.99)
    told = (
        f"{what} (n {len(times)}): p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {times[-1]:.0f} ms"
    )
    return [f"{told} (p99 allowed {allowed} ms)" if allowed else told]


def _allowed(room: str) -> int:
    return P99_MS_MAX.get(room, P99_MS_MAX_ELSE)


def _at(times: list[float], share: float) -> float:
    return times[int(share * (len(times) - 1) + 0.5)]
