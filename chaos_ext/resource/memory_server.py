"""The limit that a server keeps itself: it refuses what it has no memory for, and lives on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.resource import insides
from chaos_ext.resource.hog import MB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.resource.memory import Sized

_FAULT = "chaos_ext.resource.memory"
ENDING_S_MAX = 0.5  # a process that is killed closes its sockets before it has ended


class MemoryServer:
    """Let the server *target* use *headroom_mb* more than it does now."""

    def __init__(self, target: Sized, headroom_mb: int, way: Mapping[str, Any]) -> None:
        """Nothing is done."""
        self._target, self._headroom_mb = target, headroom_mb
        host, port = way["bind"]
        self._address = (str(host), int(port))
        self._inside = insides.inside(way["system"], "limit_memory")

    def look(self) -> dict[str, Any]:
        """What it uses and may use now, as it says itself."""
        self._target.refuse_beside("resource.memory", _FAULT)
        used, limit = self._inside.memory(self._address)
        lowered = used + self._headroom_mb * MB
        if 0 < limit <= lowered:
            raise BadArgument(
                f"resource.memory: {self._target.node} has {(limit - used) / MB:.4g} MB left as it is; "
                f"make headroom_mb less than that, not {self._headroom_mb}"
            )
        return {"limit": limit, "lowered": lowered}

    def inject(self, before: dict[str, Any]) -> None:
        """Tell it its limit."""
        self._inside.limit_memory(self._address, before["lowered"])

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """It says that it has that limit."""
        if self._target.ended():
            return None
        used, limit = self._inside.memory(self._address)
        if limit != before["lowered"]:
            return None
        return {
            "limit_mb": round(limit / MB, 2),
            "used_mb": round(used / MB, 2),
            "before_mb": round(before["limit"] / MB, 2),
        }

    def heal(self, before: dict[str, Any]) -> None:
        """Tell it the limit that it had; one that was started again has it already."""
        if self._served() and self._inside.memory(self._address)[1] != before["limit"]:
            self._inside.limit_memory(self._address, before["limit"])

    def healed(self, before: dict[str, Any]) -> bool:
        """It says that it has the limit it had; who is gone has none."""
        if not self._served():
            return True
        return bool(self._inside.memory(self._address)[1] == before["limit"])

    def _served(self) -> bool:
        """Whether anybody serves there; a server that is gone keeps no limit."""
        try:
            self._inside.memory(self._address)
        except TargetUnreachable:
            if world.wait_until(self._target.ended, ENDING_S_MAX):
                return False
            raise
        return True
