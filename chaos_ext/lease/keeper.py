"""The leases in the guardian's hands: inject, watch, end; each step on disk before the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, FaultDidNotLand, HealFailed
from chaos_ext.lease import fault as faults
from chaos_ext.lease.ledger import HEALED, UNHEALED, Lease, Ledger
from chaos_ext.lease.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Held:
    """One lease, its fault, and what the fault is done to."""

    lease: Lease
    fault: faults.Fault
    target: Target


class Keeper:
    """Holds the leases of one run."""

    def __init__(
        self, ledger: Ledger, tell: Callable[..., None], urgent: Callable[[], bool]
    ) -> None:
        """*tell* reports what becomes of a lease; *urgent* says that somebody asks us to heal."""
        self._ledger = ledger
        self._tell = tell
        self._urgent = urgent
        self._held: dict[str, Held] = {}

    def inject(self, lease: Lease, *, held_server: bool) -> dict[str, Any]:
        """Intent on disk, then the harm, then its effect measured; healed when it has none."""
        target = Target(self._ledger, lease, held=held_server)
        try:
            fault = faults.make(lease.fault, target, lease.settings)
            if target.ended():
                target.send(0)  # type: ignore[arg-type]  # raises, naming it
            self._ledger.intend(lease)
        except BaseException:
            target.close()
            raise
        held = Held(lease, fault, target)
        self._held[lease.id] = held
        started = world.monotonic_ns()
        try:
            fault.inject()
            landed = self._wait_landed(fault)
        except Exception as error:
            self._end(held, f"not landed: {error}")
            raise
        landed["ms"] = round((world.monotonic_ns() - started) / 1e6, 3)
        if fault.momentary:
            self._end(held, "over")
        else:
            self._ledger.mark_in_place(lease.id)
        return landed

    def _wait_landed(self, fault: faults.Fault) -> dict[str, Any]:
        found: dict[str, Any] | None = None

        def landed() -> bool:
            nonlocal found
            found = fault.landed()
            return found is not None or self._urgent()

        world.wait_until(landed, faults.LAND_S_MAX, every_s=0.0005)
        if found is None:
            raise FaultDidNotLand(f"{fault.name} had no effect within {faults.LAND_S_MAX} s")
        return found

    def next_deadline_ns(self) -> int | None:
        """When the next lease ends, on the boot-time clock."""
        return min((held.lease.deadline_ns for held in self._held.values()), default=None)

    def expire(self) -> None:
        """End the leases whose time has come."""
        now = world.boottime_ns()
        for held in [h for h in self._held.values() if h.lease.deadline_ns <= now]:
            self._end(held, "deadline")

    def watch(self) -> None:
        """Look whether every fault is still in place; one that is not ended before its time."""
        for held in list(self._held.values()):
            if held.lease.deadline_ns > world.boottime_ns() and held.fault.landed() is None:
                self._end(held, "ended before its time", early=True)

    def heal_all(self, why: str, *, gone_with: frozenset[str] = frozenset()) -> list[str]:
        """End every lease, the newest first; what could not be healed, in words.

        Servers in *gone_with* are about to end with their lab: they are not started again.
        """
        left: list[str] = []
        for held in reversed(list(self._held.values())):
            with_lab = held.lease.server in gone_with and held.target.ended()
            problem = self._close(held, why) if with_lab else self._end(held, why)
            left += [problem] if problem else []
        return left

    def _end(self, held: Held, why: str, *, early: bool = False) -> str:
        try:
            held.fault.heal()
            if not world.wait_until(held.fault.healed, faults.HEAL_S_MAX, every_s=0.002):
                raise HealFailed(f"{held.lease.node} is not as before")
        except (ChaosExtError, OSError) as error:
            return self._fail(held, f"{why}; {error}")
        return self._close(held, why, early=early)

    def _fail(self, held: Held, detail: str) -> str:
        self._ledger.mark(held.lease.id, UNHEALED, detail)
        self._tell(held.lease, "unhealed", detail=detail)
        self._drop(held)
        return f"{held.lease.fault} on {held.lease.node}: {detail}"

    def _close(self, held: Held, why: str, *, early: bool = False) -> str:
        self._ledger.mark(held.lease.id, HEALED, why)
        self._tell(held.lease, "healed", detail=why, early=early)
        self._drop(held)
        return ""

    def _drop(self, held: Held) -> None:
        held.target.close()
        del self._held[held.lease.id]
