"""A believable run on disk: a primary is killed, 2.3 s later a replica serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import yaml

from chaos_ext.evidence import events as event_log
from chaos_ext.evidence.files import write_json
from chaos_ext.history import compact, rows
from chaos_ext.history.operations import operations
from chaos_ext.history.phases import phases
from chaos_ext.verdict.facts import Facts

if TYPE_CHECKING:
    from pathlib import Path

NOON = "2026-01-31T12:00:00.000000+00:00"
T0_NS = 1_000_000_000_000
BASELINE_S, FAULT_S, RECOVERY_S, END_S = 0.5, 5.5, 20.5, 24.5
KILLED_S, BACK_S = 5.52, 7.83
PACE_S, RATE_PER_S = 0.02, 300
CLAIMS = ("outage_s <= 8", "acknowledged_lost == 0", "error_ratio_recovered <= 0.01")
KILL = {"type": "python", "module": "chaos_ext.process.actions", "func": "kill"}


@dataclass
class SyntheticRun:
    """Change any of it, then `write` it."""

    claims: list[str] = field(default_factory=lambda: list(CLAIMS))
    down_s: tuple[float, float] = (KILLED_S, BACK_S)
    lost: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    unexpected: int = 0
    asleep_s: tuple[float, float] = (0.0, 0.0)  # the witness: it catches up when it wakes
    has_canary: bool = True
    has_load: bool = True
    has_read_back: bool = True
    compacted: bool = False  # judging reads the raw rows just as well, and sooner
    method: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {
                "type": "action",
                "name": "kill the primary",
                "provider": KILL | {"arguments": {"target": "redis-primary", "for_s": 15}},
            }
        ]
    )
    settings: dict[str, Any] = field(default_factory=dict)
    load_rows: np.ndarray = field(default_factory=lambda: arrivals((KILLED_S, BACK_S)))
    events: list[tuple[float, str, dict[str, Any]]] = field(
        default_factory=lambda: list(_events())
    )

    def without(self, name: str, /, **fields: Any) -> SyntheticRun:
        """Drop the events *name* whose fields are *fields*."""
        kept = [e for e in self.events if not (e[1] == name and fields.items() <= e[2].items())]
        assert len(kept) < len(self.events)
        self.events = kept
        return self

    def change(self, name: str, where: dict[str, Any], /, **fields: Any) -> SyntheticRun:
        """Change the events *name* whose fields are *where*."""
        found = [e[2] for e in self.events if e[1] == name and where.items() <= e[2].items()]
        assert found
        for event in found:
            event.update(fields)
        return self

    def happens(self, at_s: float, name: str, /, **fields: Any) -> SyntheticRun:
        """Add an event."""
        self.events.append((at_s, name, fields))
        return self

    def write(self, folder: Path) -> Path:
        """Put the run into *folder*."""
        folder.mkdir(exist_ok=True, parents=True)
        (folder / "experiment.yaml").write_text(yaml.safe_dump(self.experiment()))
        write_json(folder / "environment.json", ENVIRONMENT)
        write_json(folder / "journal.json", {"status": "completed", "deviated": False})
        spans = phases(self._write_events(folder))
        if self.has_canary:
            steps = canary(self.down_s, self.asleep_s)
            (folder / "canary.bin").write_bytes(steps.tobytes())
            if self.has_read_back:
                found = self._read_back(compact.read_canary(folder))
                compact.keep_read_back(folder, "redis", spans, found, self.unexpected)
        if self.has_load:
            (folder / "load.bin").write_bytes(self.load_rows.tobytes())
        if self.compacted:
            compact.compact_canary(folder, spans)
            compact.compact_load(folder, spans)
        return folder

    def facts(self) -> Facts:
        """What reading the folder gives, without the disk."""
        columns = operations(canary(self.down_s, self.asleep_s)) if self.has_canary else None
        return Facts(
            events=tuple({"event": e[1], "mono_ns": ns(e[0])} | e[2] for e in self._in_order()),
            experiment=self.experiment(),
            canary=columns,
            load=self.load_rows if self.has_load else None,
            read_back=self._read_back(columns) if columns and self.has_read_back else None,
            unexpected=self.unexpected,
        )

    def _in_order(self) -> list[tuple[float, str, dict[str, Any]]]:
        return sorted(self.events, key=lambda event: event[0])

    def experiment(self) -> dict[str, Any]:
        """The experiment as it was run."""
        extension = {
            "name": "chaos_ext",
            "environment": "native",
            "watch": ["redis"],
            "load": {"system": "redis", "rate_per_s": RATE_PER_S, "deadline_s": 2},
            "claims": self.claims,
            "proofs": [{"name": "slow detection", "breaks": "outage_s"}],
        }
        return {
            "title": TITLE,
            "extensions": [extension | self.settings],
            "steady-state-hypothesis": {"title": "serves", "probes": [{"name": "serves"}]},
            "method": self.method,
        }

    def _write_events(self, folder: Path) -> list[dict[str, Any]]:
        path = folder / "events.jsonl"
        path.unlink(missing_ok=True)
        log = event_log.EventLog(path)
        with (
            patch("chaos_ext.world.monotonic_ns") as clock,
            patch("chaos_ext.world.utc_text", lambda: NOON),
        ):
            for at_s, name, fields in self._in_order():
                clock.return_value = ns(at_s)
                log.add(name, **fields)
        log.close()
        return event_log.read(path)

    def _read_back(self, columns: dict[str, Any]) -> dict[str, list[Any]]:
        written = columns["kind"] == rows.WRITE
        seqs = columns["seq"][written].tolist()
        good = dict(zip(seqs, (columns["outcome"][written] == rows.OK).tolist(), strict=True))
        there = {seq for seq in seqs if good[seq] and seq not in self.lost}
        found = {seq: "match" if seq in there else "missing" for seq in seqs}
        primary = ["unread" if seq in self.unread else found[seq] for seq in seqs]
        copies = [2 if place == "match" else 0 for place in primary]
        columns = (seqs, primary, copies, [2] * len(seqs))
        return dict(zip(("seq", "primary", "replicas_with", "replicas"), columns, strict=True))


def ns(at_s: float) -> int:
    """Seconds of the run -> its monotonic clock."""
    return T0_NS + round(at_s * 1e9)


@cache
def canary(down_s: tuple[float, float], asleep_s: tuple[float, float]) -> np.ndarray:
    """Steps of the canary; asked while *down_s*, it is refused, or not answered at first."""
    count = int((END_S + 0.2) / PACE_S) * 2
    asked = np.zeros(count, dtype=rows.STEP)
    asked["part"], asked["seq"] = rows.ASKED, np.arange(count)
    asked["kind"] = np.where(asked["seq"] % 2 == 0, rows.WRITE, rows.READ)
    at_s = asked["seq"] * PACE_S / 2
    asked["intended_ns"] = T0_NS + np.rint(at_s * 1e9).astype("i8")
    asleep = (at_s >= asleep_s[0]) & (at_s < asleep_s[1])
    if asleep_s[1] > END_S:  # it wakes too late to ask anything
        asked, at_s, asleep = asked[~asleep], at_s[~asleep], asleep[~asleep]
    at_s = np.where(asleep, asleep_s[1], at_s)
    asked["at_ns"] = T0_NS + np.rint(at_s * 1e9).astype("i8") + 40_000
    asked["peer"] = rows.pack_peer("127.0.0.1", 6379)
    answered = asked.copy()
    answered["part"] = rows.ANSWERED
    down = (at_s >= down_s[0]) & (at_s < down_s[1])
    hanging = down & (at_s < down_s[0] + 0.06)
    answered["outcome"] = np.where(hanging, rows.UNKNOWN, np.where(down, rows.FAILED, rows.OK))
    answered["error"] = np.where(
        hanging, rows.ERRORS.index("lost"), np.where(down, rows.ERRORS.index("refused"), 0)
    )
    answered["at_ns"] = asked["at_ns"] + np.where(hanging, 50_000_000, 400_000)
    return np.concatenate([asked, answered])


def arrivals(down_s: tuple[float, float]) -> np.ndarray:
    """Arrivals of the load; while *down_s* they fail, and some are dropped."""
    count = int(END_S * RATE_PER_S)
    made = np.zeros(count, dtype=rows.ARRIVAL)
    made["seq"] = np.arange(count)
    made["kind"] = made["seq"] % 2
    at_s = made["seq"] / RATE_PER_S
    made["intended_ns"] = T0_NS + np.rint(at_s * 1e9).astype("i8")
    down = (at_s >= down_s[0]) & (at_s < down_s[1])
    dropped = down & (made["seq"] % 6 == 0)
    made["outcome"] = np.where(dropped, rows.DROPPED, np.where(down, rows.FAILED, rows.OK))
    made["error"] = np.where(down, rows.ERRORS.index("timeout"), 0)
    made["sent_ns"] = np.where(dropped, 0, made["intended_ns"] + 100_000)
    usual_ns = 900_000 + (made["seq"].astype("i8") * 7919 % 1300) * 1000
    made["finished_ns"] = made["intended_ns"] + np.where(down, 2_000_000_000, usual_ns)
    return made


TITLE = "Orders survive the loss of the Redis primary"
STARTED = {"run": "3f9a1c2e", "experiment": "redis_failover", "title": TITLE}
FAULT = {
    "lease": "lease-1",
    "fault": "chaos_ext.process.kill",
    "target": "redis-primary",
    "node": "redis-1",
    "for_s": 15.0,
    "early": False,
}
ENVIRONMENT = {
    "name": "native",
    "kind": "native",
    "nodes": {f"redis-{n}": {"address": f"127.0.0.1:{6378 + n}"} for n in (1, 2, 3)},
    "versions": {"valkey": "9.1.0", "chaos_ext": "0.1.0"},
}


def _events() -> list[tuple[float, str, dict[str, Any]]]:
    return [
        (-4.0, "run_started", STARTED.copy()),
        (-1.0, "environment_up", {"nodes": 6, "seconds": 2.4, "stand_ins": []}),
        (-0.5, "witness", {"state": "started", "system": "redis", "pace_ms": 20.0}),
        (0.0, "load", {"state": "started", "rate_per_s": RATE_PER_S, "deadline_s": 2.0}),
        (0.4, "steady_state", {"when": "before", "met": True, "detail": ""}),
        (BASELINE_S, "phase", {"name": "baseline"}),
        (FAULT_S, "phase", {"name": "fault"}),
        (KILLED_S, "fault", FAULT | {"state": "in_place", "landed": {"ms": 3.2, "dead": True}}),
        (KILLED_S + 0.01, "activity", {"name": "kill the primary", "status": "succeeded"}),
        (RECOVERY_S - 0.1, "fault", FAULT | {"state": "healed", "landed": None}),
        (RECOVERY_S, "phase", {"name": "recovery"}),
        (RECOVERY_S + 3.5, "steady_state", {"when": "after", "met": True, "detail": ""}),
        (END_S, "phase", {"name": "end"}),
        (END_S + 0.1, "load", {"state": "stopped"}),
        (END_S + 0.2, "witness", {"state": "stopped", "pace_error_us_p99": 140}),
        (END_S + 0.5, "read_back", {"system": "redis", "primary": "redis-2", "complete": True}),
        (END_S + 0.7, "healed", {"verified": True, "left": []}),
        (END_S + 0.8, "run_ended", {}),
    ]
