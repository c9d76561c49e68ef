"""The conductor of this very run, if there is one: without it no fault function does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.errors import NoConductor

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity


class Session(Protocol):
    """What a fault function may ask of the run it belongs to."""

    def inject(
        self,
        fault: str,
        target: str,
        for_s: float,
        settings: dict[str, Any],
        *,
        until_the_end: bool,
    ) -> dict[str, Any]:
        """Put *fault* on *target*; returns when it has landed, with what was measured.

        It ends after *for_s*, or, with *until_the_end*, when the run heals.
        """

    def node(self, target: str) -> Identity:
        """The process that *target* (a node or a role) is now."""


class _Holder:
    session: Session | None = None


def begin(session: Session) -> None:
    """A conductor lives from now on."""
    _Holder.session = session


def end() -> None:
    """No conductor lives from now on."""
    _Holder.session = None


def current(asked: str) -> Session:
    """The living conductor; *asked* is what wanted it."""
    if _Holder.session is None:
        raise NoConductor(
            f"{asked}: no conductor guards this run; "
            "add the control chaos_ext.control to the experiment and start it with `chaos run`"
        )
    return _Holder.session
