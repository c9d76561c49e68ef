"""What the machinery knows of a fault: four questions, never its name."""

from __future__ import annotations

import importlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, HealFailed

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Lease
    from chaos_ext.lease.target import Target

LAND_S_MAX = 5.0  # a fault without effect by then did not land
HEAL_S_MAX = 10.0  # not the fault's duration: an hour of chaos must not buy an hour of healing


class Fault(Protocol):
    """One fault on one target.

    A fault keeps nothing that healing needs: another process, after a crash, makes it anew
    from the ledger and calls `heal`. One that needs longer than LAND_S_MAX to show its effect has
    `lands_within_s`; one that only a proxy in front of the servers can do has `needs_proxy()`, and
    one that needs the lab to be fitted out otherwise says so by its settings in `needs_lab()`.
    What it must find again to heal, it says in `look()`: that is on disk with the intent, before
    the harm, and whoever makes it anew gives it back as `before`. What would outlast its target,
    as a control group does, is taken away by `clear()`, which is asked in the place of `heal` when
    the target's lab ends with it. One that is done to a server which need not run (a
    repair) has `for_the_dead`; one that is on a user's own disk, and there after a boot, `survives_a_boot`.
    """

    name: ClassVar[str]
    colour: ClassVar[str]  # of its band on every graph

    @property
    def momentary(self) -> bool:
        """Whether it is over as soon as it has landed (a restart)."""

    def inject(self) -> None:
        """Do the harm; must not wait for its effect."""

    def landed(self) -> dict[str, Any] | None:
        """What was measured of the effect, or None while there is none.

        Asked until it answers, and again while the fault is in place.
        """

    def heal(self) -> None:
        """Undo it; called twice, alone or after a crash it does no harm."""

    def healed(self) -> bool:
        """Whether the world, read again, is as before."""


def seen_before(fault: Fault, lease: Lease) -> Lease:
    """The lease with what *fault* must know of the world as it is now, if anything."""
    look = getattr(fault, "look", None)
    return replace(lease, settings={**lease.settings, "before": look()}) if look else lease


def survives_a_boot(path: str) -> bool:
    """Whether what a fault has done is on somebody's disk, and there when the machine was started anew."""
    with suppress(ImportError):  # a fault that nobody knows any more; whoever makes it says so
        return bool(getattr(importlib.import_module(path).FAULT, "survives_a_boot", False))
    return False


def clear(fault: Fault) -> None:
    """Take away what would outlast a target that is gone for good, if anything; HealFailed when it stays.

    A process that is still dying keeps its control group: one with much memory does for a while.
    """
    take_away = getattr(fault, "clear", None)
    if take_away:
        take_away()
        if not world.wait_until(fault.healed, HEAL_S_MAX):
            raise HealFailed(f"{fault.name} has left something that cannot be taken away")


def make(path: str, target: Target, settings: dict[str, Any]) -> Fault:
    """The fault of the module at *path*, made for *target*."""
    module = importlib.import_module(path)
    return cast("Fault", module.FAULT(target, **settings))


def in_words(error: Exception) -> str:
    """An error of a fault in one line, with its name where it was not raised to be read."""
    readable = isinstance(error, ChaosExtError | OSError | ImportError)
    return str(error) if readable else f"{type(error).__name__}: {error}"
