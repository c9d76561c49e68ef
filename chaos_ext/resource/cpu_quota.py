"""A quota of the kernel on a group of our own: nobody in it gets more, however much is free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.resource import own_group
from chaos_ext.resource.own_group import OwnGroup
from chaos_ext.resource.share import Share

if TYPE_CHECKING:
    from chaos_ext.resource.cpu import Running

CONTROLLER = "cpu"
PERIOD_US = 20_000  # short, so that a server is slow and not by turns fast and still
QUOTA_US_MIN = 1_000  # the kernel takes no less
POINTS = 5.0  # of one core


def quota(percent: float) -> tuple[int, int]:
    """Quota and period, in microseconds, for *percent* of one core."""
    period = max(PERIOD_US, round(QUOTA_US_MIN * 100 / percent))
    return round(period * percent / 100), period


class CpuQuota:
    """No more than *percent* of one core for all processes of *target* together."""

    def __init__(self, target: Running, percent: float) -> None:
        """Nothing is done."""
        self._target, self._percent = target, percent
        self._share: Share | None = None
        self._measured: dict[str, Any] | None = None

    def look(self) -> dict[str, Any]:
        """Where its processes are."""
        return own_group.look(self._target.identity.pid, CONTROLLER, self._target.lease_id)

    def inject(self, before: dict[str, Any]) -> None:
        """Put them where the quota is."""
        group = OwnGroup(before)
        group.make(self._limits(group))
        group.take(self._target.identity.pid)
        self._share = Share(self._target.lease_id, self._percent, group.members)

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """Once measured, it is enough that the quota stands and the target is under it."""
        group = OwnGroup(before)
        limited = group.limited(self._limits(group))
        if not (limited and group.holds(self._target.identity.pid)):
            return None
        if self._measured is None and self._share:
            found = self._share.measured(group.admit)
            if found is not None and abs(found - self._percent) <= POINTS:
                told = {"share_percent": round(found, 2), "processes": len(group.members())}
                self._measured = told
        return None if self._measured is None else dict(self._measured)

    def heal(self, before: dict[str, Any]) -> None:
        """Move them back, and remove the group."""
        if self._share:
            self._share.stop()
        OwnGroup(before).give_back()

    def healed(self, before: dict[str, Any]) -> bool:
        """There is no such group."""
        return OwnGroup(before).gone()

    def _limits(self, group: OwnGroup) -> dict[str, object]:
        quota_us, period_us = quota(self._percent)
        if group.version == 1:
            return {"cpu.cfs_period_us": period_us, "cpu.cfs_quota_us": quota_us}
        return {"cpu.max": f"{quota_us} {period_us}"}
