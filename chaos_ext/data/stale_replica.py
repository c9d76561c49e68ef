"""A replica that follows no more, and serves on: readers get what was, and nobody tells them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import TargetUnreachable

UNSEEN_S = 0.3  # a write that has not arrived by then would have, many times over
LANDS_S = 8.0


class Following(Protocol):
    """A server that follows another, wherever it is."""

    name: str
    node: str
    lease_id: str

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds* has this server in hand."""


@dataclass(slots=True, kw_only=True)
class StaleReplica:
    """*target* stays a replica, and gets nothing new; healing has it catch up."""

    target: Following = field(kw_only=False)
    paths: dict[str, Any]
    before: dict[str, Any] | None = None
    _written_ns: int = field(default=0, init=False)
    _measured: dict[str, Any] | None = field(default=None, init=False)
    name: ClassVar[str] = "stale_replica"
    colour: ClassVar[str] = "#b48ead"
    momentary: ClassVar[bool] = False
    survives_a_boot: ClassVar[bool] = True  # on a server of the user's own
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """What must be given back to it."""
        self.target.refuse_beside("data.stale_replica", __name__)
        found: dict[str, Any] = self._replica.look()
        self.before = found
        return found

    def inject(self) -> None:
        """Keep it from following."""
        self._replica.stop()

    def landed(self) -> dict[str, Any] | None:
        """A write to its primary does not arrive, while it answers as a replica."""
        try:
            return self._seen()
        except (
            TargetUnreachable
        ):  # one that is down serves nothing at all: that is another fault's
            return self._measured

    def heal(self) -> None:
        """Let it follow; whoever cannot be reached now is tried again by `healed`."""
        with suppress(TargetUnreachable):
            self._replica.go_on(self._user)

    def healed(self) -> bool:
        """It follows, has caught up, and serves what its primary has; or it is a primary by now."""
        with suppress(TargetUnreachable):
            replica = self._replica
            if replica.hindered():
                replica.go_on(self._user)
            primary = replica.primary()
            return primary is None or self._caught_up(replica, primary)
        return False

    # -- its own ----------------------------------------------------------------------

    @property
    def _system(self) -> Any:
        return systems.of(self.paths[self.target.name]["system"], "following")

    @property
    def _replica(self) -> Any:
        return self._system.Replica(self.paths[self.target.name]["bind"])

    @property
    def _user(self) -> str:
        return str((self.before or {}).get("user", ""))

    @property
    def _key(self) -> str:
        return f"chaos_ext:stale:{self.target.lease_id}"

    def _seen(self) -> dict[str, Any] | None:
        replica = self._replica
        told, primary = replica.facts(), replica.primary()
        if primary is None or told["master_link_status"] != "down":
            return None
        if self._measured is None:
            self._measured = self._not_arrived(replica, primary, told)
        return self._measured

    def _not_arrived(
        self, replica: Any, primary: Any, told: dict[str, str]
    ) -> dict[str, Any] | None:
        """What was measured of a write that was acknowledged and is not served; None while it may be on its way."""
        if not self._written_ns:
            self._system.write(primary, self._key, self.target.lease_id)
            self._written_ns = world.monotonic_ns()
        if world.monotonic_ns() - self._written_ns < UNSEEN_S * 1e9:
            return None
        if replica.value(self._key) is not None:
            return None
        behind = self._system.offset(primary) - int(told["slave_repl_offset"])
        return {"link": "down", "behind_bytes": behind} if behind > 0 else None

    def _caught_up(self, replica: Any, primary: Any) -> bool:
        wanted = self._system.offset(primary)
        told = replica.facts()
        if told.get("master_link_status") != "up" or int(told["slave_repl_offset"]) < wanted:
            return False
        if replica.value(self._key) != self._system.value(primary, self._key):
            return False
        self._system.forget(primary, self._key)
        return True


FAULT = StaleReplica
