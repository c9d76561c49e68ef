"""Flapping: a proxy goes down and up again and again, for as long as a lease wants it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos_ext.errors import ListenFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Flapping:
    """One task a lease; `down` says who wants the proxy down at this moment."""

    def __init__(self, settle: Callable[[], Awaitable[None]]) -> None:
        """*settle* has the proxy listen, or not, after `down` has changed."""
        self._settle = settle
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.down: set[str] = set()

    @property
    def leases(self) -> frozenset[str]:
        """Who has it flap."""
        return frozenset(self._tasks)

    def begin(self, lease: str, up_s: float, down_s: float) -> None:
        """Down first; a lease that has it flap already has it do so anew."""
        self._cancel(lease)
        work = self._flap(lease, up_s, down_s)
        self._tasks[lease] = asyncio.get_running_loop().create_task(work)

    def end(self, lease: str) -> None:
        """No more of it; the proxy is up again in a turn or two."""
        self._cancel(lease)
        task = asyncio.get_running_loop().create_task(self._reach())
        self._ending.add(task)  # the loop alone does not keep it
        task.add_done_callback(self._ending.discard)

    def end_all(self) -> None:
        """No more of it, and no going up either: the proxy goes."""
        for lease in list(self._tasks):
            self._cancel(lease)

    def _cancel(self, lease: str) -> None:
        task = self._tasks.pop(lease, None)
        if task is not None:
            task.cancel()
        self.down.discard(lease)

    async def _flap(self, lease: str, up_s: float, down_s: float) -> None:
        while True:
            self.down.add(lease)
            await self._reach()
            await asyncio.sleep(down_s)
            self.down.discard(lease)
            await self._reach()
            await asyncio.sleep(up_s)

    async def _reach(self) -> None:
        """A port that somebody took may be free again the next time."""
        with suppress(ListenFailed):
            await self._settle()
