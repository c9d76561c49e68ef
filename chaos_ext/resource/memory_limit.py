"""A limit of the kernel: what a server takes beyond it ends it, as the OOM killer of a container would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import NotAllowed
from chaos_ext.resource import hog, own_group, spare
from chaos_ext.resource.hogs import Hog
from chaos_ext.resource.own_group import OwnGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.resource.memory import Sized

OVER_MB = 64  # the helper that looks for the limit wants that much more, itself included
SHARE_MIN = 0.9  # of the headroom, seen to be used when the kernel said no
_PEAKS = ("memory.max_usage_in_bytes", "memory.peak")
_KILLS = ("memory.oom_control", "memory.events")
_KILL = "oom_kill"


class MemoryLimit:
    """Let the processes of *target* take *headroom_mb* more, and no more than that.

    What they have already stays on the account of the group they come from: the kernel does
    not move it. So the limit of their new group is the headroom.
    """

    def __init__(self, target: Sized, headroom_mb: int, limits: Mapping[str, Any]) -> None:
        """Nothing is done."""
        self._target, self._headroom_mb, self._reserves = target, headroom_mb, limits
        self._helper: Hog | None = None
        self._told = self._taken = self._started = False
        self._measured: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        """Where its processes are; refused where nobody could start again what this may end."""
        if not self._target.can_start():
            raise NotAllowed(
                f"resource.memory: the kernel may end {self._target.node} at its limit, and nobody told "
                f"how to start it again; add `start` to it, or use by: server"
            )
        mb = self._headroom_mb + OVER_MB
        spare.refuse_beyond(self._target.node, mb, self._reserves)
        return own_group.look(
            self._target.identity.pid, spare.CONTROLLER, self._target.lease_id
        )

    def inject(self, before: dict[str, Any]) -> None:
        """Make a group with the limit, and somebody to try it, before the server is in it."""
        group = OwnGroup(before)
        group.make(self._limits(group))
        words = (self._headroom_mb + OVER_MB, spare.reserve_mb(self._reserves))
        self._helper = Hog(self._target.lease_id, "memory", *words)

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """A helper was ended at the limit; then, while the server is under it or has ended of it."""
        group = OwnGroup(before)
        if not self._taken:
            self._take(group)
        if not self._taken:
            return None
        if self._target.ended():
            return {**self._measured, "killed": True} if self._kills(group) else None
        stands = group.limited(self._limits(group)) and group.holds(self._target.identity.pid)
        return dict(self._measured) if stands else None

    def heal(self, before: dict[str, Any]) -> None:
        """Start the server again if it ended of this; move everybody back, and remove the group.

        The group goes last: whoever heals after a crash must still see that it ended there.
        """
        died_of_it = self._target.ended() and self._kills(OwnGroup(before)) > 0
        if died_of_it and not self._target.replaced():
            self._target.start_again()
            self._started = True
        self.clear(before)

    def clear(self, before: dict[str, Any]) -> None:
        """Leave no group behind."""
        if self._helper:
            self._helper.end()
            self._helper = None
        OwnGroup(before).give_back()

    def healed(self, before: dict[str, Any]) -> bool:
        """There is no such group, and the server that ended in it runs."""
        serves = not self._started or self._target.settled()
        return OwnGroup(before).gone() and serves

    def _take(self, group: OwnGroup) -> None:
        """When the limit was measured: take the server into a group that has ended nobody yet."""
        self._measure(group)
        if self._measured and group.gone():
            group.make(self._limits(group))
            group.take(self._target.identity.pid)
            self._taken = True

    def _measure(self, group: OwnGroup) -> None:
        """Have a helper take more than there is; the kernel ends it for that."""
        if self._helper is None:
            return
        if self._helper.alive():
            if not self._told and self._helper.ready():
                group.admit(self._helper.pid)
                self._helper.go()
                self._told = True
            return
        self._helper.end()
        self._helper = None
        peak_mb = (group.number(_PEAKS[group.version - 1]) or 0) / hog.MB
        if self._kills(group) and peak_mb >= self._headroom_mb * SHARE_MIN:
            self._measured = {
                "headroom_mb": self._headroom_mb,
                "measured_mb": round(peak_mb, 2),
            }

    def _kills(self, group: OwnGroup) -> int:
        """How many the kernel has ended in the group."""
        for line in group.read(_KILLS[group.version - 1]).splitlines():
            name, _, value = line.partition(" ")
            if name == _KILL:
                return int(value)
        return 0

    def _limits(self, group: OwnGroup) -> dict[str, object]:
        limit = self._headroom_mb * hog.MB
        if group.version == 1:
            return {"memory.limit_in_bytes": limit, "memory.memsw.limit_in_bytes": limit}
        return {"memory.max": limit, "memory.swap.max": 0}
