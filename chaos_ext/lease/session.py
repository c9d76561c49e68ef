"""The conductor of this very run, if there is one: without it no fault function does anything."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext.errors import NoConductor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos_ext.lease.identity import Identity


@dataclass(frozen=True, slots=True)
class Asked:
    """One fault as an experiment asks for it.

    It ends after *for_s*, or, with *until_the_end*, when the run heals. *paths* are the names
    whose ways the fault must know: addresses, folders, what the lab was fitted out with; "*" is every
    node of the target's system. *limits*: it must know what the environment sets apart (`Limits`).
    """

    fault: str  # dotted path of its module
    target: str
    for_s: float
    until_the_end: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    limits: bool = False


class Session(Protocol):
    """What a fault function may ask of the run it belongs to."""

    def inject(self, asked: Asked) -> dict[str, Any]:
        """Put the fault in place; returns when it has landed, with what was measured."""

    def node(self, target: str) -> Identity:
        """The process that *target* (a node or a role) is now."""

    def path(self, target: str) -> dict[str, Any]:
        """How *target* is reached: its addresses, the proxy in front of it, its resolver."""


class _Holder:
    session: Session | None = None


def begin(session: Session) -> None:
    """A conductor lives from now on."""
    _Holder.session = session


def end() -> None:
    """No conductor lives from now on."""
    _Holder.session = None


@contextmanager
def instead(session: Session) -> Iterator[None]:
    """Within it *session* is asked, and whoever lives is not."""
    before, _Holder.session = _Holder.session, session
    try:
        yield
    finally:
        _Holder.session = before


def current(asked: str) -> Session:
    """The living conductor; *asked* is what wanted it."""
    if _Holder.session is None:
        raise NoConductor(
            f"{asked}: no conductor guards this run; "
            "add the control chaos_ext.control to the experiment and start it with `chaos run`"
        )
    return _Holder.session
