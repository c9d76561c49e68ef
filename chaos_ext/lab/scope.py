"""Which labs the questions and faults of this process mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import TargetUnreachable
from chaos_ext.lab import native
from chaos_ext.lease.ledger import Ledger

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab


class _Scope:
    labs: dict[str, Lab] | None = None


def enter(labs: dict[str, Lab]) -> None:
    """From now on *labs*, one a system, are meant."""
    _Scope.labs = labs


def leave() -> None:
    """From now on the standing labs are meant, as outside any run."""
    _Scope.labs = None


def lab(system: str) -> Lab:
    """The lab of *system* that is meant here."""
    if _Scope.labs is not None:
        found = _Scope.labs.get(system)
    else:
        found = native.standing(Ledger(), system)
    if found is None:
        raise TargetUnreachable(f"no {system} lab is up here; run: chaos lab up {system}")
    return found
