"""The faults that the campaign knows: one row each, and those that this checkout has are run."""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from chaos_ext.disk import full
from chaos_ext.errors import ChaosExtError
from chaos_ext.lab import clocks

# -- labs: how the standing one is fitted out ---------------------------------------------


def fittings() -> dict[str, Any]:
    """Whatever a lab can have here; a fault that needs what is missing is not run."""
    found: dict[str, Any] = {"proxied": True}
    with suppress(ChaosExtError):
        clocks.library()
        found["own_clock"] = True
    if os.access("/dev/fuse", os.R_OK | os.W_OK):
        found["passthrough"] = True
    return found | small_disks()


def small_disks() -> dict[str, Any]:
    """Data folders on a small disk each, where it may be mounted."""
    return {"disk_mb": full.SMALL_MB} if os.geteuid() == 0 else {}


FITTED, SMALL, PLAIN = "fitted", "small disks", "plain"
LABS: dict[str, dict[str, Any]] = {FITTED: fittings(), SMALL: small_disks(), PLAIN: {}}
ROTATION = (
    FITTED,
    SMALL,
    FITTED,
    PLAIN,
)  # one lab after the other; most faults need a fitted one

# -- faults -------------------------------------------------------------------------------

EVERYTHING, DISK = "everything", "disk"  # a server that has ended of a full disk stays ended

ANY = ("redis-primary", "redis-replica", "redis-1", "redis-2", "redis-3", "sentinel-2")
OF_DATA = ("redis-primary", "redis-replica", "redis-1", "redis-2", "redis-3")
REPLICAS = ("redis-replica",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault as an experiment asks for it, and what the campaign must know of it."""

    room: str
    func: str
    arguments: dict[str, Any] = field(default_factory=dict, hash=False)
    targets: tuple[str, ...] = ANY
    labs: tuple[str, ...] = (FITTED, SMALL, PLAIN)
    lands_ms: float = 5.0  # usually, until the campaign has measured it itself
    heals_ms: float = 20.0
    for_s: tuple[float, float] = (1.0, 1.6)
    # what is free when the holder is killed: the kernel, or the proxy, lets go, and nobody need heal
    held: str = ""
    momentary: bool = False  # over as soon as it has landed: it is never in place
    root: bool = False
    fitting: str = ""  # a setting of the fitted lab, without which it cannot be done

    @property
    def action(self) -> Any:
        """The function that an experiment calls; None where this checkout has none."""
        with suppress(ModuleNotFoundError):
            module = importlib.import_module(f"chaos_ext.{self.room}.actions")
            return getattr(module, self.func, None)
        return None


def _process(func: str, **more: Any) -> Row:
    return Row(room="process", func=func, **{"lands_ms": 3, "heals_ms": 120, **more})


def _packets(func: str, **arguments: Any) -> Row:
    return Row(
        room="network", func=func, arguments=arguments, held=EVERYTHING, root=True, lands_ms=60
    )


def _proxy(func: str, **arguments: Any) -> Row:
    return Row(
        room="network", func=func, arguments=arguments, held=EVERYTHING, labs=(FITTED,),
        lands_ms=250, heals_ms=60, for_s=(1.4, 2.0),
    )  # fmt: skip


def _resource(func: str, **arguments: Any) -> Row:
    return Row(
        room="resource", func=func, arguments=arguments, lands_ms=300, heals_ms=60,
        for_s=(1.6, 2.0),
    )  # fmt: skip


def _group(func: str, **arguments: Any) -> Row:
    return replace(_resource(func, **arguments), root=True)


def _clock(func: str, **arguments: Any) -> Row:
    return Row(
        room="clock", func=func, arguments=arguments, labs=(FITTED,), fitting="own_clock",
        targets=OF_DATA, lands_ms=30, heals_ms=20,
    )  # fmt: skip


def _data(func: str, **more: Any) -> Row:
    return Row(room="data", func=func, **{"lands_ms": 400, "heals_ms": 150, **more})


def _disk(func: str, **arguments: Any) -> Row:
    return Row(
        room="disk", func=func, arguments=arguments, labs=(FITTED,), fitting="passthrough",
        targets=OF_DATA, held=DISK, lands_ms=60, heals_ms=60, for_s=(1.4, 2.0),
    )  # fmt: skip


KEPT_KEYS = {"match": "crash:kept:*", "count_max": 100}
ROWS = {
    "pause": _process("pause", held=EVERYTHING, heals_ms=5),
    "kill": _process("kill"),
    "terminate": _process("terminate", lands_ms=40),
    "restart": _process("restart", lands_ms=150, momentary=True),
    "partition": _packets("partition"),
    "loss": _packets("loss", percent=20),
    "latency": _proxy("latency", ms=80),
    "bandwidth": _proxy("bandwidth", kb_per_s=64),
    "cut": _proxy("cut"),
    "silence": _proxy("cut", silent=True),
    "flap": _proxy("flap", up_s=0.2, down_s=0.2),
    "reset": _proxy("reset", every_new=True),
    "slow_close": _proxy("slow_close", delay_ms=200),
    "slice": _proxy("slice"),
    "limit": _proxy("limit", after_bytes=2000),
    "dns": _proxy("dns", how="fail"),
    "cpu": _group("cpu", percent=30, by="cgroup"),
    "cpu_hogs": replace(_resource("cpu", percent=60, by="hogs"), held=EVERYTHING),
    "memory": replace(_resource("memory", mb=64), held=EVERYTHING),
    "memory_limit": _group("memory", headroom_mb=48, by="limit"),
    # a sentinel tells of no limit of its memory or its clients, so both are refused there
    "memory_server": replace(_resource("memory", headroom_mb=1, by="server"), targets=OF_DATA),
    "files": _resource("files", left=4),
    "connections": replace(_resource("connections", left=2), held=EVERYTHING, targets=OF_DATA),
    "processes": _group("processes", left=0),
    "full": _disk("full"),
    "full_small": replace(_disk("full"), labs=(SMALL,), fitting="disk_mb", root=True),
    "slow": _disk("slow", ms=150),
    "errors": _disk("errors"),
    "read_only": _disk("read_only"),
    "corrupt": _data(
        "corrupt", arguments={"what": "append_only"}, targets=OF_DATA, for_s=(1.6, 2.0)
    ),
    "delete_keys": _data("delete_keys", arguments=KEPT_KEYS, targets=("redis-primary",)),
    "stale_replica": _data("stale_replica", targets=REPLICAS, for_s=(1.2, 1.8)),
    "jump": _clock("jump", by_s=60),
    "skew": _clock("skew", ms_per_s=500),
}
ROOMS = tuple(dict.fromkeys(row.room for row in ROWS.values()))


def possible(room: str = "", fault: str = "") -> dict[str, Row]:
    """The rows that can be run here, of one room or all, of one fault or all."""
    return {name: row for name, row in ROWS.items()
            if room in ("", row.room) and fault in ("", name) and not why_not(row)}  # fmt: skip


def why_not(row: Row) -> str:
    """Why a row cannot be run here; empty when it can."""
    if row.action is None:
        return f"this checkout has no {row.room}.{row.func}"
    if row.root and os.geteuid() != 0:
        return "it needs root"
    if row.fitting and row.fitting not in LABS[FITTED]:
        return f"no lab can have {row.fitting} here"
    return ""
