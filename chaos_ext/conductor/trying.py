"""Find the values that a fault would refuse before anything moves: each is asked for, and nobody does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.errors import ChaosExtError
from chaos_ext.experiment import signatures, variables
from chaos_ext.lease import session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.experiment.activities import Call
    from chaos_ext.lease.identity import Identity
    from chaos_ext.lease.session import Asked


class _Nobody:
    """A session that takes every wish and grants none."""

    def inject(self, asked: Asked) -> dict[str, Any]:
        raise _Taken(asked.fault)

    def node(self, target: str) -> Identity:
        raise _Taken(target)

    def path(self, target: str) -> dict[str, Any]:
        raise _Taken(target)


class _Taken(Exception):  # noqa: N818 - nothing went wrong: the function came as far as it can here
    """A wish was said; what its function would do with the answer is not of interest."""


def refused(calls: Sequence[Call], known: Mapping[str, object]) -> dict[str, str]:
    """By where it stands, why a fault among *calls* refuses its values.

    A fault with a value that is known only while the experiment runs is not tried.
    """
    found = {}
    with session.instead(_Nobody()):
        for call in calls:
            if call.fault and not variables.uses_later(dict(call.arguments), known):
                why = _why(call, known)
                if why:
                    found[call.where] = why
    return found


def _why(call: Call, known: Mapping[str, object]) -> str:
    function, _ = signatures.find(call.module, call.func)
    if function is None:
        return ""
    try:
        function(**signatures.complete(call, known))
    except _Taken:
        return ""
    except ChaosExtError as error:
        return f"{call.where}: {error}"
    return ""
