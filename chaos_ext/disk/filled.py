"""A disk that is full indeed: a file without a name has taken its room, for as long as its holder lives."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from chaos_ext.disk import filler, repair
from chaos_ext.disk.filler import MB, Filler
from chaos_ext.disk.tries import Tries
from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lab import disks
from chaos_ext.passthrough import mounting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos_ext.disk.repair import Served

EXACT = 1 * MB  # what may be left beyond what was asked for
ROOT_FREE_MIN = 512 * MB  # of a file system that others have something on, whatever is allowed


class Filled:
    """All but *leave_mb* of the file system of *folder* is taken."""

    def __init__(
        self, target: Served, folder: Path, leave_mb: int, limits: Mapping[str, Any]
    ) -> None:
        """Nothing is done."""
        self._target, self._folder, self._limits = target, folder, limits
        self._leave = leave_mb * MB
        self._filler: Filler | None = None
        self._held = 0  # once it has landed
        self._measured: dict[str, Any] | None = None
        self._started = False

    def look(self) -> dict[str, Any]:
        """What is free; refused where it is not ours to take, or is gone already."""
        self._target.refuse_beside("disk.full", "chaos_ext.disk.full")
        if not _is_of_a_lab(self._folder):
            self._refuse_what_others_need()
        free = filler.available(self._folder)
        if free <= self._leave + EXACT:
            raise BadArgument(
                f"disk.full: {free / MB:.1f} MB are free for {self._target.node}, so there is "
                f"nothing to take beyond leave_mb {self._leave // MB}"
            )
        return {"free": free}

    def inject(self) -> None:
        """Take it; what others write meanwhile is taken account of."""
        self._filler = Filler(self._folder)
        if not _is_of_a_lab(self._folder):
            self._filler.leave(self._leave)
            self._measure_shared()
            return
        tries = self._tries()
        tries.open()
        try:
            self._filler.leave(self._leave)
            self._measure(tries)
        finally:
            tries.close()

    def landed(self) -> dict[str, Any] | None:
        """More than what was to be left was refused, or is there no more; from then on while it is held.

        Whoever removes something has room again, as on any disk.
        """
        if self._filler is None or self._measured is None:
            return None
        return dict(self._measured) if self._filler.held() >= self._held else None

    def heal(self) -> None:
        """Give it back; a server that ended of it is started again."""
        if self._filler:
            self._filler.close()
            self._filler = None
        self._tries().close()
        self._started |= repair.restart(self._target)

    def healed(self) -> bool:
        """What was refused is granted, as far as the server has not used it itself; and it serves."""
        free = filler.available(self._folder)
        # where others have something, not even for a moment is taken what is left to them
        wanted = min(self._leave + EXACT, free - EXACT) if _is_of_a_lab(self._folder) else 0
        tries = self._tries()
        try:
            tries.open()
            refused = tries.grow(max(os.sysconf("SC_PAGE_SIZE"), wanted)).error
        except OSError:
            return False
        finally:
            tries.close()
        self._started |= repair.restart(self._target)  # it may have ended of it only now
        return not refused and repair.serves(self._target, started=self._started)

    def _measure(self, tries: Tries) -> None:
        if tries.grow(self._leave + EXACT).error == errno.ENOSPC:
            self._measured = {**self._taken(), "refused": "ENOSPC"}

    def _measure_shared(self) -> None:
        """By what the kernel says: to try it would take from others all that is left to them."""
        if filler.available(self._folder) <= self._leave + EXACT:
            self._measured = self._taken()

    def _taken(self) -> dict[str, Any]:
        assert self._filler
        self._held = self._filler.held()
        return {
            "by": "a file without a name",
            "free_mb": round(filler.available(self._folder) / MB, 2),
            "taken_mb": round(self._held / MB, 2),
        }

    def _tries(self) -> Tries:
        return Tries(self._folder, self._target.lease_id)

    def _refuse_what_others_need(self) -> None:
        node = self._target.node
        if not self._limits.get("fill_root"):
            raise NotAllowed(
                f"disk.full: {node} keeps its data on the machine's own file system; give the lab "
                "small disks (disk_mb: 64), or permit it in the environment: limits: {fill_root: true}"
            )
        share = float(self._limits.get("reserve_disk_percent", 10.0)) / 100
        least = max(ROOT_FREE_MIN, int(share * filler.size(self._folder)))
        if self._leave < least:
            raise NotAllowed(
                f"disk.full: {node} keeps its data on the machine's own file system, of which "
                f"{share:.0%} and {ROOT_FREE_MIN // MB} MB are left to others: say leave_mb of at "
                f"least {-(-least // MB)}"
            )


def _is_of_a_lab(folder: Path) -> bool:
    seen = mounting.top(folder)
    return seen is not None and (seen.kind, seen.source) == ("tmpfs", disks.SOURCE)
