"""What a campaign has shown, as text: where it killed, what was left, how long healing took."""

from __future__ import annotations

from collections import Counter
from typing import Any

from plan import FAULTS

P99_MS_MAX = 1000


def summary(results: list[dict[str, Any]], left_at_last: list[str]) -> str:
    """The table, the residues, and the times."""
    residues = [each for each in results if each["left"]]
    lines = [
        *_table(results),
        f"lease at the kill: {_counted(results, 'lease')}",
        f"killed: {_counted(results, 'killed')}",
        f"lab: {_counted(results, 'lab')}",
        f"residues: {len(residues)} of {len(results)} kills",
        *(f"  kill {each['number']}: {'; '.join(each['left'])}" for each in residues),
        *(f"  after the last: {line}" for line in left_at_last),
        _times("runner dead to healed, guardian alive", _alive(results)),
        _times("  of these with a fault in place", [e for e in _alive(results) if _harmed(e)]),
        _times("  of these, of the network", [e for e in _alive(results) if _on_network(e)]),
        _times("guardian dead to a free network", _freed(results), "freed_ms"),
    ]
    return "\n".join(lines)


def _alive(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in results if each["killed"] == "runner"]


def _harmed(result: dict[str, Any]) -> bool:
    return result["lease"] in ("intent", "in_place")


def _on_network(result: dict[str, Any]) -> bool:
    return _harmed(result) and FAULTS[result["fault"]].room == "network"


def _freed(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in results if _on_network(each) and "freed_ms" in each]


def _table(results: list[dict[str, Any]]) -> list[str]:
    order = [f"start +{half / 2:g}" for half in range(10)]
    order += [
        "intent at once",
        "landed at once",
        *(f"intent +{half / 2:g}" for half in range(6)),
    ]
    buckets = [bucket for bucket in order if any(bucket == e["bucket"] for e in results)]
    cells = Counter((each["fault"], each["bucket"]) for each in results)
    head = "".join(f"{bucket:>16}" for bucket in buckets)
    rows = [
        f"{fault:<12}" + "".join(f"{cells[fault, bucket]:>16}" for bucket in buckets)
        for fault in FAULTS
    ]
    return [f"{'fault':<12}{head}", *rows]


def _counted(results: list[dict[str, Any]], key: str) -> str:
    counts = Counter(each[key] for each in results)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _times(name: str, results: list[dict[str, Any]], key: str = "healed_ms") -> str:
    times = sorted(each[key] for each in results)
    if not times:
        return f"{name}: none"
    p50, p99 = _at(times, 0.5), _at(times, 0.99)
    return (
        f"{name} (n {len(times)}): p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {times[-1]:.0f} ms "
        f"(p99 allowed {P99_MS_MAX} ms, {P99_MS_MAX / p99:.1f} times better)"
    )


def p99_ms(results: list[dict[str, Any]]) -> float:
    """From the runner's death until everything is healed by its guardian; 0 without one."""
    times = sorted(each["healed_ms"] for each in _alive(results))
    return _at(times, 0.99) if times else 0.0


def _at(times: list[float], share: float) -> float:
    return times[int(share * (len(times) - 1) + 0.5)]
