"""The leases in the guardian's hands: inject, watch, end; each step on disk before the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import FaultDidNotLand, HealFailed
from chaos_ext.lease import fault as faults
from chaos_ext.lease.brought_back import BroughtBack
from chaos_ext.lease.held import Held
from chaos_ext.lease.ledger import HEALED, UNHEALED, Lease, Ledger
from chaos_ext.lease.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable


class Keeper:
    """Holds the leases of one run."""

    def __init__(
        self, ledger: Ledger, tell: Callable[..., None], urgent: Callable[[], str]
    ) -> None:
        """*tell* reports what becomes of a lease; *urgent* says why none may land any more."""
        self._ledger = ledger
        self._tell = tell
        self._urgent = urgent
        self._held: dict[str, Held] = {}
        self._unhealed: dict[str, str] = {}  # in words, by the lease
        self._brought_back = BroughtBack(ledger)

    def inject(
        self, lease: Lease, *, held_server: bool, asked_ns: int | None = None
    ) -> dict[str, Any]:
        """Intent on disk, then the harm, then its effect measured; healed when it has none.

        It was wanted at *asked_ns*, on the boot-time clock: what it waited for since does not shorten it.
        """
        asked_ns = world.boottime_ns() if asked_ns is None else asked_ns
        target = Target(self._ledger, lease, held=held_server)
        try:
            fault = faults.make(lease.fault, target, lease.settings)
            if target.ended() and not getattr(fault, "for_the_dead", False):
                target.send(0)  # type: ignore[arg-type]  # raises, naming it
            lease = faults.seen_before(fault, lease)
            lease = target.put_off(lease, world.boottime_ns() - asked_ns)
            self._ledger.intend(lease)
        except BaseException:
            target.close()
            raise
        held = Held(lease, fault, target)
        self._held[lease.id] = held
        started = world.monotonic_ns()
        try:
            fault.inject()
            landed = self._wait_landed(held)
        except Exception as error:
            self._end(held, f"not landed: {error}")
            raise
        landed["ms"] = round((world.monotonic_ns() - started) / 1e6, 3)
        held.landed = True
        if fault.momentary:
            self._end(held, "over")
        else:
            self._ledger.mark_in_place(lease.id)
        return landed

    def _wait_landed(self, held: Held) -> dict[str, Any]:
        fault = held.fault
        found: dict[str, Any] | None = None
        urgent = ""

        def decided() -> bool:
            nonlocal found, urgent
            found = fault.landed()
            urgent = "" if found is not None else self._urgent()
            return found is not None or bool(urgent)

        within_s = getattr(fault, "lands_within_s", faults.LAND_S_MAX)
        if not fault.momentary:  # its time is over with its deadline, landed or not
            left_s = (held.lease.deadline_ns - world.boottime_ns()) / 1e9
            within_s = max(0.0, min(within_s, left_s))
        self._wait(decided, within_s, every_s=0.0005)
        if found is None:
            late = f"{fault.name} had no effect within {within_s:.3g} s"
            raise FaultDidNotLand(f"{fault.name} interrupted: {urgent}" if urgent else late)
        return found

    def _wait(self, condition: Callable[[], bool], within_s: float, every_s: float) -> bool:
        """Wait for *condition*; a lease whose time comes meanwhile need not wait for it."""

        def decided() -> bool:
            self._heal_due()
            return condition()

        return world.wait_until(decided, within_s, every_s=every_s)

    def _heal_due(self) -> None:
        for held in self._held.values():
            held.heal_when_due()

    def next_deadline_ns(self) -> int | None:
        """When the next lease ends, on the boot-time clock."""
        return min((held.lease.deadline_ns for held in self._held.values()), default=None)

    def expire(self) -> None:
        """End the leases whose time has come."""
        for held in [each for each in self._held.values() if each.is_due()]:
            self._end(held, held.deadline())

    def watch(self) -> None:
        """Look whether every fault is still in place; one that is not ended before its time."""
        for held in list(self._held.values()):
            self._heal_due()
            if self._urgent():
                return
            if not held.is_due() and (why := held.missing()):
                self._end(held, why, early=True)

    def heal_all(self, why: str, *, gone_with: frozenset[str] = frozenset()) -> list[str]:
        """End every lease, the newest first; all that could not be healed so far, in words.

        Servers in *gone_with* are about to end with their lab: they are not started again.
        Together they have the time that one has: somebody waits for the answer.
        """
        until_ns = world.monotonic_ns() + int(faults.HEAL_S_MAX * 1e9)
        newest_first = list(reversed(self._held.values()))
        gone = [h for h in newest_first if h.lease.server in gone_with and h.target.ended()]
        for held in newest_first:  # one that is slow to be seen undone must not keep the others
            if held not in gone:
                held.try_to_heal()
        for held in newest_first:
            if held in gone:
                self._let_go(held, why)
            else:
                left_s = (until_ns - world.monotonic_ns()) / 1e9
                self._end(held, why, left_s, whatever_is_urgent=True)
        for lease in self._brought_back.failed(gone_with):
            self._fail(lease, f"{lease.node} was brought back, and serves no more")
        return list(self._unhealed.values())

    def _let_go(self, held: Held, why: str) -> None:
        """Its target is gone for good, with all that was done to it."""
        if left := held.clear():
            self._drop(held)
            self._fail(held.lease, f"{why}; {left}")
        else:
            self._close(held, why)

    def _end(
        self,
        held: Held,
        why: str,
        within_s: float | None = None,
        *,
        early: bool = False,
        whatever_is_urgent: bool = False,
    ) -> None:
        """Undo it and see that it is undone; left to `heal_all` when that is asked for meanwhile."""
        held.why, held.early = held.why or why, held.early or early
        try:
            patience_s = faults.HEAL_S_MAX if within_s is None else within_s
            healed = self._undo(held, patience_s, whatever_is_urgent=whatever_is_urgent)
        except Exception as error:  # noqa: BLE001 - one that breaks must not keep the others
            self._drop(held)
            self._fail(held.lease, f"{held.why}; {faults.in_words(error)}", early=held.early)
            return
        if healed:
            self._brought_back.note(held.lease)
            self._close(held, held.why)

    def _undo(self, held: Held, within_s: float, *, whatever_is_urgent: bool) -> bool:
        healed = urgent = False

        def decided() -> bool:
            nonlocal healed, urgent
            healed = held.fault.healed()
            urgent = not (healed or whatever_is_urgent) and bool(self._urgent())
            return healed or urgent

        held.heal()
        if not self._wait(decided, within_s, every_s=0.002):
            raise HealFailed(f"{held.lease.node} is not as before")
        return healed

    def _fail(self, lease: Lease, detail: str, *, early: bool = False) -> None:
        self._unhealed[lease.id] = f"{lease.fault} on {lease.node}: {detail}"
        self._brought_back.forget(lease.server)  # told already
        self._ledger.mark(lease.id, UNHEALED, detail)
        self._tell(lease, "unhealed", detail=detail, early=early)

    def _close(self, held: Held, why: str) -> None:
        self._drop(held)
        self._ledger.mark(held.lease.id, HEALED, why)
        self._tell(held.lease, "healed", detail=why, early=held.early)

    def _drop(self, held: Held) -> None:
        held.target.close()
        del self._held[held.lease.id]
