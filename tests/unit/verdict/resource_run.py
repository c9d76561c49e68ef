"""The synthetic run with looks at its servers: two of them, four times a second."""

import sys
from dataclasses import dataclass, field, replace

import numpy as np

from chaos_ext.history import compact, rows
from chaos_ext.history.phases import phases

base = sys.modules["chaos_ext_tests_synthetic_run"]
TARGETS = ("redis-1", "redis-2")
EVERY_S, FROM_S = 0.25, 0.25
MB = 1 << 20
USUAL = {
    "memory_bytes": 12 * MB,
    "memory_server_bytes": 10 * MB,
    "memory_server_limit_bytes": 100 * MB,
    "memory_group_bytes": -1,
    "memory_group_limit_bytes": -1,
    "cpu_cores": 2.0,
    "cpu_periods": 0,
    "cpu_periods_throttled": 0,
    "cpu_throttled_ns": 0,
    "files": 20,
    "files_allowed": 1000,
    "connections": 5,
    "connections_allowed": 100,
    "disk_bytes": 30 * MB,
    "disk_total_bytes": 100 * MB,
    "inodes": 10,
    "inodes_total": 1000,
    "net_in_bytes": 0,
    "net_out_bytes": 0,
    "threads": 4,
}
CPU_SHARE = 0.1  # of one core


def looks(target, pid):
    """A server of which nothing is ever short."""
    at_s = np.arange(FROM_S, base.END_S + 0.2, EVERY_S)
    made = np.zeros(len(at_s), dtype=rows.LOOK)
    for name, value in USUAL.items():
        made[name] = value
    made["target"], made["pid"] = target, pid
    made["intended_ns"] = base.T0_NS + np.rint(at_s * 1e9).astype("i8")
    made["at_ns"] = made["intended_ns"] + 50_000
    made["cpu_ns"] = ((at_s - FROM_S) * CPU_SHARE * 1e9).astype("i8")
    return made


@dataclass
class ResourceRun(base.SyntheticRun):
    """Nothing was short; change `looks` by `uses`."""

    claims: list = field(default_factory=lambda: ["memory_ratio_max <= 0.85"])
    looks: dict = field(
        default_factory=lambda: {name: looks(name, 101 + n) for n, name in enumerate(TARGETS)}
    )
    has_looks: bool = True

    def __post_init__(self):
        self.happens(-0.4, "sampler", state="started", every_ms=250, targets=list(TARGETS))
        self.happens(base.END_S + 0.2, "sampler", state="stopped", rounds=98)

    def uses(self, target, between_s=(-1.0, 99.0), **columns):
        """Change what *target* uses then; a column may be a function of the seconds."""
        made = self.looks[target]
        at_s = (made["intended_ns"] - base.T0_NS) / 1e9
        then = (at_s >= between_s[0]) & (at_s < between_s[1])
        for name, value in columns.items():
            made[name][then] = value(at_s[then]) if callable(value) else value
        return self

    def dies(self, target, between_s):
        """There is no process then, and another one after it."""
        nothing = dict.fromkeys(rows.LOOK.names[4:], -1) | {"cpu_cores": np.nan}
        self.uses(target, between_s, pid=-1, **nothing)
        return self.uses(target, (between_s[1], 99.0), pid=999)

    def all_looks(self):
        """All rows, as the sampler appends them."""
        return np.concatenate(list(self.looks.values()))

    def write(self, folder):
        """Put the run into *folder*, with the looks."""
        super().write(folder)
        if self.has_looks:
            (folder / compact.LOOKS_BIN).write_bytes(self.all_looks().tobytes())
        if self.compacted:
            spans = phases(base.event_log.read(folder / "events.jsonl"))
            compact.compact_looks(folder, spans)
        return folder

    def facts(self):
        """What reading the folder gives, without the disk."""
        return replace(super().facts(), looks=self.all_looks() if self.has_looks else None)
