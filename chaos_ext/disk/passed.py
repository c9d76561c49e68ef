"""What faults at a pass-through have in common: rules on a lease, an effect that is tried, a way back.

The rules last as long as a connection that the guardian holds. Whatever looks at the disk does so in a
thread: a disk that is slow must not keep the guardian from healing somebody else.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext import world
from chaos_ext.disk import repair
from chaos_ext.disk.trial import Trial
from chaos_ext.disk.tries import Tries
from chaos_ext.errors import FaultDidNotLand, NotAllowed, TargetUnreachable
from chaos_ext.passthrough import client, mounting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos_ext.disk.repair import Served
    from chaos_ext.disk.tries import Tried

GRACE_NS = (
    2_000_000_000  # the guardian ends a fault in time; the pass-through when nobody else could
)
LOOK_S_MAX = 3.0  # a disk that takes longer undisturbed is no disk to make slow
LOOK_NS = 1_000_000_000  # between two looks at a fault that is in place
_CLOSE_S_MAX = 1.0


@dataclass(slots=True)
class Passed:
    """Rules at the pass-through in front of the data folder of *target*."""

    target: Served
    paths: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    _lease: client.Lease | None = field(default=None, init=False)
    _tries: Tries | None = field(default=None, init=False)
    _trial: Trial[Any] | None = field(default=None, init=False)
    _measured: dict[str, Any] | None = field(default=None, init=False)
    _next_ns: int = field(default=0, init=False)
    _started: bool = field(default=False, init=False)
    name: ClassVar[str]
    colour: ClassVar[str]
    momentary: ClassVar[bool] = False

    @staticmethod
    def needs_lab() -> dict[str, Any]:
        """Files that are open cannot be caught later: the pass-through must stand first."""
        return {"passthrough": True}

    # -- what each fault says of itself ----------------------------------------------------

    def rules(self) -> list[dict[str, Any]]:
        """What the pass-through shall do."""
        raise NotImplementedError

    def try_all(self, tries: Tries) -> list[Tried]:
        """Try what shows the effect; it may take long."""
        raise NotImplementedError

    def shown(self, tried: list[Tried]) -> dict[str, Any] | None:
        """What was measured of the effect, None where it did not show."""
        raise NotImplementedError

    def gone(self, tried: list[Tried]) -> bool:
        """Whether nothing of the effect shows."""
        raise NotImplementedError

    def refuse_before(self, tried: list[Tried]) -> None:
        """Say no to a disk on which the effect could not be told from what it does by itself."""

    def is_certain(self) -> bool:
        """Whether every single try must show it."""
        return True

    # -- what the machinery asks -----------------------------------------------------------

    def look(self) -> dict[str, Any]:
        """Who serves the folder, and what the disk does undisturbed; refused where nobody does."""
        disk = repair.disk_of(self.way, self.name)
        mount = client.status(_address(disk))["mount"]
        seen = mounting.top(self.folder)
        if seen is None or seen.source != mount:
            raise NotAllowed(
                f"disk.{self.name}: {self.folder} does not lead through its pass-through "
                "any more; start the lab anew"
            )
        self.refuse_before(self._undisturbed())
        self.before = {"mount": mount}
        return self.before

    def inject(self) -> None:
        """Put the rules in force."""
        self._tries = self._opened()
        rules = [{"lease": self.target.lease_id, **rule} for rule in self.rules()]
        deadline_ns = self.target.deadline_ns + GRACE_NS
        self._lease = client.Lease(self._address, rules, deadline_ns, self.target.lease_id)

    def landed(self) -> dict[str, Any] | None:
        """The effect was met by operations of our own; and again, now and then, while it lasts."""
        if self._lease is None or self._tries is None or not self._in_force():
            return None
        if self._measured and (not self.is_certain() or world.monotonic_ns() < self._next_ns):
            return dict(self._measured)
        found = self._found()
        if found is None:  # it still looks
            return dict(self._measured) if self._measured else None
        shown = self.shown(found)
        if shown is not None:
            self._next_ns = world.monotonic_ns() + LOOK_NS
            self._measured = self._measured or shown
        return None if shown is None else dict(self._measured or shown)

    def heal(self) -> None:
        """End the rules; bring back a pass-through that died, and a server that ended of all this."""
        if self._lease:
            self._lease.close()
            self._lease = None
        self._let_go()
        if self.before:
            mount = str(self.before["mount"])
            self._started |= repair.repair(self.target, self.way, mount)

    def healed(self) -> bool:
        """No rule is left, the effect is not met any more, and the server serves."""
        if not self.before:  # it was never begun
            return True
        try:
            rules = self._rules()
        except TargetUnreachable:  # it may only be busy; one that is dead was brought back
            return False
        others = [rule for rule in rules if rule["lease"] != self.target.lease_id]
        if len(others) < len(rules):
            return False
        if not others:  # where others hurt the same disk, nothing of ours can be told from it
            self._tries = self._tries or self._opened()
            found = self._found()
            if found is None or not self.gone(found):
                return False
        self._let_go()
        self._started |= repair.restart(self.target)  # it may have ended of it only now
        return repair.serves(self.target, started=self._started)

    # -- within --------------------------------------------------------------------------------

    @property
    def way(self) -> dict[str, Any]:
        """What the lab told of the target."""
        return dict(self.paths[self.target.name])

    @property
    def folder(self) -> Path:
        """Where the target keeps its data."""
        return Path(self.way["folder"])

    @property
    def _address(self) -> client.Address:
        return _address(self.way["disk"])

    def _rules(self) -> list[dict[str, Any]]:
        return list(client.status(self._address)["rules"])

    def _in_force(self) -> bool:
        return any(rule["lease"] == self.target.lease_id for rule in self._rules())

    def _opened(self) -> Tries:
        tries = Tries(self.folder, self.target.lease_id)
        tries.open()
        return tries

    def _undisturbed(self) -> list[Tried]:
        def look() -> list[Tried]:
            tries = self._opened()
            try:
                return [each for _ in range(3) for each in self.try_all(tries)]
            finally:
                tries.close()

        try:
            found = Trial(look).found(LOOK_S_MAX)
        except OSError as error:
            raise NotAllowed(
                f"disk.{self.name}: no file can be made on the disk of {self.target.node}: "
                f"{error.strerror}; is another fault in place?"
            ) from error
        if found is None:
            raise FaultDidNotLand(
                f"disk.{self.name}: the disk of {self.target.node} has not answered within "
                f"{LOOK_S_MAX:g} s; is another fault in place?"
            )
        return found

    def _found(self) -> list[Tried] | None:
        """What the latest look has found; another one is begun when that was taken."""
        tries = self._tries
        assert tries
        if self._trial is None:
            self._trial = Trial(lambda: self.try_all(tries))
        found: list[Tried] | None = self._trial.found()
        if found is not None:
            self._trial = None
        return found

    def _let_go(self) -> None:
        """Remove the file of the tries, once nobody uses it."""
        trial, tries = self._trial, self._tries or Tries(self.folder, self.target.lease_id)
        self._trial = self._tries = None
        if trial:
            with suppress(OSError):
                trial.found(_CLOSE_S_MAX)
        Trial(tries.close).found(_CLOSE_S_MAX)


def _address(disk: dict[str, Any]) -> client.Address:
    host, port = disk["address"]
    return host, int(port)


def fastest(tried: Iterable[Tried], op: str) -> float:
    """The shortest that *op* took."""
    return min(each.ms for each in tried if each.op == op)
