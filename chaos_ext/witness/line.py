"""Keeps one connection, and at most one attempt to have a new one, for all operations.

Many attempts at once would blur who was refused when, and hurt a service that just came back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable

if TYPE_CHECKING:
    from chaos_ext.witness.watched import Connection, Watched


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A way to a connection that is being tried, and since when."""

    began_ns: int
    task: asyncio.Task[str]


class Line:
    """The connection of a canary: given out while it is good, replaced when it is not."""

    def __init__(self, watched: Watched, attempt_timeout_s: float) -> None:
        """Connect by *watched*; give an attempt up after *attempt_timeout_s*."""
        self.trouble = "nothing was tried yet"
        self._watched = watched
        self._attempt_timeout_s = attempt_timeout_s
        self._current: Connection | None = None
        self._attempt: _Attempt | None = None

    @property
    def peer(self) -> int:
        """Whom a question would go to now; 0 when there is no connection."""
        return 0 if self._current is None or self._current.ended else self._current.peer

    async def connection(self, asked_ns: int) -> Connection | str:
        """A good connection for a question of *asked_ns*, or the error that prevents one.

        An attempt that fails, fails all who wait for it, so that a refusal is seen at once. But
        one that was begun before *asked_ns* and got no answer shows nothing about the time
        since: whoever joined it late waits for the next one.
        """
        while self._current is None or self._current.ended:
            attempt = self._attempt or self._begin()
            error = await asyncio.shield(attempt.task)
            if error and (error != "timeout" or attempt.began_ns >= asked_ns):
                return error
            if not error and (self._current is None or self._current.ended):
                return "refused"  # accepted and dropped in one breath
        return self._current

    def suspect(self, connection: Connection) -> None:
        """Close *connection*; the next question finds the way anew."""
        connection.close()
        if self._current is connection:
            self._current = None

    def close(self) -> None:
        """End everything."""
        if self._attempt is not None:
            self._attempt.task.cancel()
        if self._current is not None:
            self._current.close()
        self._watched.close()

    def _begin(self) -> _Attempt:
        task = asyncio.create_task(self._try_once())
        self._attempt = _Attempt(world.monotonic_ns(), task)
        return self._attempt

    async def _try_once(self) -> str:
        try:
            async with asyncio.timeout(self._attempt_timeout_s):
                self._current = await self._watched.connect()
        except Exception as failure:  # noqa: BLE001 - a canary outlives whatever it meets
            self.trouble = f"{type(failure).__name__}: {failure}".splitlines()[0]
            return _word_for(failure)
        finally:
            self._attempt = None
        return ""


def _word_for(failure: Exception) -> str:
    match failure:
        case TimeoutError():
            return "timeout"
        case TargetUnreachable():
            return "no primary"
        case OSError():
            return "refused"
        case _:
            return "error"
