"""A hog that holds memory: it is really there, locked where permitted, and counts on the target's account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import NotAllowed
from chaos_ext.resource import cgroups, hog, hogs, spare
from chaos_ext.resource.hogs import Hog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.resource.memory import Sized

ENDING_S_MAX = 0.1  # from giving its memory back to being gone
SHARE_MIN = 0.98  # of what was asked for; the rest is what the kernel rounds


class MemoryHold:
    """Hold *mb* megabytes until it is undone, or the machine has too little left."""

    def __init__(self, target: Sized, mb: int, limits: Mapping[str, Any]) -> None:
        """Nothing is done."""
        self._target, self._mb, self._limits = target, mb, limits
        self._hog: Hog | None = None
        self._told = False
        self._held: dict[str, Any] | None = None

    def look(self) -> dict[str, Any]:
        """Where the hog goes; refused when too little would be left there."""
        spare.refuse_beyond(self._target.node, self._mb, self._limits)
        if cgroups.possible(spare.CONTROLLER):
            return {"group": ""}
        pid = self._target.identity.pid
        spare.refuse_beyond_group(self._target.node, self._mb, self._limits, pid)
        return {"group": str(cgroups.hierarchy(spare.CONTROLLER).home(pid))}

    def inject(self, before: dict[str, Any]) -> None:  # noqa: ARG002 - it goes there when it is ready
        """Start the hog."""
        words = (self._mb, spare.reserve_mb(self._limits))
        self._hog = Hog(self._target.lease_id, "memory", *words)

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """It is as large as it should be, as others see it."""
        if self._hog is None or not self._hog.alive():
            self._refuse_reserve()
            return None
        if not self._told:
            self._begin(before)
        self._held = self._held or (self._hog.said() if self._told else None)
        if self._held is None:
            return None
        resident_mb = hog.resident_bytes(self._hog.pid) / hog.MB
        if not self._mb * SHARE_MIN <= resident_mb <= self._mb:
            world.wait_until(lambda: not self._alive(), ENDING_S_MAX)  # it gives back first
            self._refuse_reserve()
            return None
        told = {"held_mb": round(resident_mb, 2), "locked": self._held["locked"]}
        return {**told, "group": before["group"] or "the machine"}

    def heal(self, before: dict[str, Any]) -> None:  # noqa: ARG002 - its lease is all there is
        """End it, and that of a guardian that died."""
        if self._hog:
            self._hog.end()
            self._hog = None
        hogs.end_left(self._target.lease_id)

    def healed(self, before: dict[str, Any]) -> bool:  # noqa: ARG002 - its lease is all there is
        """No hog of this lease runs."""
        return not hogs.left(self._target.lease_id)

    def _begin(self, before: dict[str, Any]) -> None:
        """It takes nothing before it is where it counts."""
        assert self._hog
        if self._hog.ready():
            if before["group"]:
                cgroups.move(self._hog.pid, before["group"])
            self._hog.go()
            self._told = True

    def _alive(self) -> bool:
        return self._hog is not None and self._hog.alive()

    def _refuse_reserve(self) -> None:
        """Say so when it ended because of the reserve."""
        if self._hog and self._hog.code() == hog.RESERVE_TOUCHED:
            reserve = spare.reserve_mb(self._limits)
            raise NotAllowed(f"the hog gave back its memory: less than {reserve} MB were left")
