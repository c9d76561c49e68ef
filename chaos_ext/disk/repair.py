"""Brings back what a disk fault, or the death of a pass-through, has ended: alone, twice, after a crash."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.errors import HealFailed, NotAllowed
from chaos_ext.passthrough import mounting

if TYPE_CHECKING:
    from collections.abc import Mapping


class Served(Protocol):
    """A server of a lab, whose data folder leads through a pass-through."""

    name: str
    node: str
    lease_id: str

    @property
    def deadline_ns(self) -> int:
        """When the lease ends, on the boot-time clock."""

    def alone(self) -> bool:
        """Whether no other fault has it in hand."""

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds* has it in hand."""

    def end(self, signum: signal.Signals) -> None:
        """End that very process for certain."""

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def replaced(self) -> bool:
        """Whether the server runs as another process already."""

    def serving(self) -> bool:
        """Whether the server runs and serves."""

    def settled(self) -> bool:
        """Whether it serves, and still does a moment later; raises when it has ended."""

    def start_again(self) -> None:
        """Start the server again, unless it runs."""

    def start_beside(self, node: str) -> bool:
        """Start another node of its lab again, unless it runs; whether that serves."""


def disk_of(way: Mapping[str, Any], fault: str) -> dict[str, Any]:
    """The pass-through before the target's data folder; NotAllowed where there is none, and why."""
    refuse_attached(way, fault)
    if not way.get("disk"):
        raise NotAllowed(
            f"disk.{fault}: no pass-through stands before the data of {way['node']}; "
            "a lab gets one with `passthrough: true`"
        )
    return dict(way["disk"])


def refuse_attached(way: Mapping[str, Any], fault: str) -> None:
    """Say no to a server that is not ours, or that keeps no data."""
    if way["owner"] == "attached":
        raise NotAllowed(
            f"disk.{fault}: {way['node']} is attached: the files that it has open cannot be "
            "caught later; use a server of a lab"
        )
    if not way["folder"]:
        raise NotAllowed(f"disk.{fault}: {way['node']} keeps no data; name a node that does")


def repair(target: Served, way: Mapping[str, Any], mount: str) -> bool:
    """See that the folder leads through a living pass-through; whether the server had to be started.

    *mount* is what lay over the folder when the server opened its files. If that is gone, so are
    the files, and the server must be started again.
    """
    folder = Path(way["folder"])
    broken = mounting.is_dead(folder) or not _is_served(folder)
    if broken:
        _end_before(target)
        mounting.clear_dead(folder)
        if not target.start_beside(way["disk"]["node"]):
            raise HealFailed(
                f"the pass-through before {folder} does not come back; see its log"
            )
    elif _source(folder) != mount:  # somebody has brought it back before us
        _end_before(target)
    return restart(target)


def restart(target: Served) -> bool:
    """Start a server again that ended of what was done to its disk, unless somebody wants it dead."""
    if not target.ended() or target.replaced() or not target.alone():
        return False
    target.start_again()
    return True


def serves(target: Served, *, started: bool) -> bool:
    """Whether the server serves: one that is still about to end of what was done to it does not.

    HealFailed when it was *started* again and has ended again. Whom another fault has in hand need not.
    """
    if started:
        return target.settled()
    return not target.alone() or target.serving()


def _end_before(target: Served) -> None:
    if not target.ended():
        target.end(signal.SIGKILL)


def _is_served(folder: Path) -> bool:
    seen = mounting.top(folder)
    server = seen.server() if seen else None
    return server is not None and server.same()


def _source(folder: Path) -> str:
    seen = mounting.top(folder)
    return seen.source if seen else ""
