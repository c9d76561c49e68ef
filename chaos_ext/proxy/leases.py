"""Leases of the proxy: faults that end at a deadline or with their owner, whoever still lives.

Everything of a lease is done or nothing is. What cannot be undone at once (somebody took the port
of a proxy that was held down) keeps its lease alive, past its deadline, and is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, HealFailed

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from chaos_ext.lease.identity import Identity
    from chaos_ext.proxy.core.proxies import Proxies
    from chaos_ext.proxy.faults import Fault

LOOK_S = 1.0  # deadlines are on a clock that goes on in suspend, the loop's timers are not
RETRY_S = 1.0
_S = 1_000_000_000
logger = logging.getLogger("chaos_ext.proxy")


@dataclass(slots=True)
class Lease:
    """Faults in place, until when, and for whom."""

    name: str
    said: Sequence[Any]  # the faults as they were asked for
    owner: Identity | None
    deadline_ns: int
    faults: list[Fault] = field(default_factory=list)  # still to be undone, last first
    fd: int = -1  # of the owner's process
    ending: bool = False

    def left_s(self) -> float:
        """How long it still lasts."""
        return max(0.0, (self.deadline_ns - world.boottime_ns()) / _S)


class Leases:
    """All leases of one server; whoever calls a coroutine of ours holds *lock*."""

    def __init__(self, proxies: Proxies, lock: asyncio.Lock) -> None:
        self._proxies, self._lock = proxies, lock
        self._all: dict[str, Lease] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def all(self) -> Mapping[str, Lease]:
        """By name."""
        return self._all

    async def put(
        self, name: str, said: Sequence[Any], faults: Sequence[Fault], for_s: float,
        owner: Identity | None,
    ) -> Lease:  # fmt: skip
        """Do every one of *faults*, or none; TargetGone when the owner has ended already."""
        lease = Lease(name, said, owner, 0, fd=owner.open() if owner else -1)
        for fault in faults:
            lease.faults.insert(0, fault)
            try:
                await fault.do(self._proxies, name)
            except BaseException:
                await self._taken_back(lease)
                raise
        self._begin(lease, for_s)
        return lease

    async def _taken_back(self, lease: Lease) -> None:
        """Undo what was begun; if even that fails, the lease stays until it can be."""
        if await self._undo(lease):
            self._begin(lease, RETRY_S)
            lease.ending = True
        elif lease.fd >= 0:
            os.close(lease.fd)

    def _begin(self, lease: Lease, for_s: float) -> None:
        lease.deadline_ns = world.boottime_ns() + int(for_s * _S)
        self._all[lease.name] = lease
        if lease.fd >= 0:
            asyncio.get_running_loop().add_reader(lease.fd, self._owner_ended, lease)
        self._look_later()

    def renew(self, lease: Lease, for_s: float) -> None:
        """Let it last *for_s* from now on."""
        lease.deadline_ns = world.boottime_ns() + int(for_s * _S)
        self._look_later()

    async def end(self, lease: Lease) -> None:
        """Undo it; HealFailed when something of it is still in place, which is tried again."""
        lease.ending = True
        problems = await self._undo(lease)
        self._forget_owner(lease)
        if problems:
            lease.deadline_ns = world.boottime_ns() + int(RETRY_S * _S)
            self._look_later()
            raise HealFailed(f"lease {lease.name} is not undone yet: {'; '.join(problems)}")
        if self._all.get(lease.name) is lease:
            del self._all[lease.name]

    async def end_all(self) -> None:
        """Undo every lease."""
        problems = []
        for lease in list(self._all.values()):
            try:
                await self.end(lease)
            except HealFailed as problem:
                problems.append(str(problem))
        if problems:
            raise HealFailed("; ".join(problems))

    def close(self) -> None:
        """Watch no clock and no owner any more."""
        if self._timer:
            self._timer.cancel()
        for lease in self._all.values():
            self._forget_owner(lease)

    async def _undo(self, lease: Lease) -> list[str]:
        problems, left = [], []
        for fault in lease.faults:
            try:
                await fault.undo(self._proxies, lease.name)
            except ChaosExtError as problem:
                problems.append(f"{fault.proxy}: {problem}")
                left.append(fault)
        lease.faults = left
        return problems

    def _forget_owner(self, lease: Lease) -> None:
        if lease.fd >= 0:
            asyncio.get_running_loop().remove_reader(lease.fd)
            os.close(lease.fd)
            lease.fd = -1

    def _owner_ended(self, lease: Lease) -> None:
        logger.info("lease %s: its owner ended", lease.name)
        self._forget_owner(lease)
        self._run(self._end_locked(lease))

    def _look_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._all:
            nearest_s = min(each.left_s() for each in self._all.values())
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(nearest_s, LOOK_S) + 0.001, self._look)

    def _look(self) -> None:
        for lease in list(self._all.values()):
            if lease.left_s() == 0:
                lease.deadline_ns = world.boottime_ns() + int(RETRY_S * _S)
                lease.ending = True
                self._run(self._end_locked(lease))
        self._look_later()

    async def _end_locked(self, lease: Lease) -> None:
        async with self._lock:
            if self._all.get(lease.name) is lease:
                try:
                    await self.end(lease)
                except HealFailed as problem:
                    logger.warning("%s", problem)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
