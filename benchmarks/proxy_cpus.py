"""On which processors, and before whom, clients, servers and proxies run while they are measured.

A round trip of 50 us is easily disturbed: by what else wants the processor, and on a virtual
machine by waking up a processor that had nothing to do, which takes longer than the proxy does.
"""

from __future__ import annotations

import multiprocessing
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@contextmanager
def undisturbed(pids: Iterable[int]) -> Iterator[None]:
    """Ourselves and *pids* before everybody else, where we may say so, on processors kept awake."""
    everyone = [os.getpid(), *pids]
    with _awake():
        try:
            _each_thread(everyone, lambda tid: _schedule(tid, os.SCHED_RR, 1))
            yield
        finally:
            _each_thread(everyone, lambda tid: _schedule(tid, os.SCHED_OTHER, 0))


@contextmanager
def together(pids: Iterable[int]) -> Iterator[None]:
    """Ourselves and *pids* on one processor: a round trip then is nothing but work."""
    everyone, before = [os.getpid(), *pids], os.sched_getaffinity(0)
    try:
        _each_thread(everyone, lambda tid: os.sched_setaffinity(tid, {min(before)}))
        yield
    finally:
        _each_thread(everyone, lambda tid: os.sched_setaffinity(tid, before))


@contextmanager
def _awake() -> Iterator[None]:
    """Loops of the idle class, one a processor: they run only where nobody else would."""
    fork, parent = multiprocessing.get_context("fork"), os.getpid()
    loops = [
        fork.Process(target=_turn, args=(cpu, parent), daemon=True)
        for cpu in os.sched_getaffinity(0)
    ]
    for each in loops:
        each.start()
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.join()


def _turn(cpu: int, parent: int) -> None:
    world.die_with_parent(parent)
    os.sched_setaffinity(0, {cpu})
    _schedule(0, os.SCHED_IDLE, 0)
    while True:
        pass


def _schedule(tid: int, policy: int, priority: int) -> None:
    with suppress(PermissionError):  # not everybody may run before others
        os.sched_setscheduler(tid, policy, os.sched_param(priority))


def _each_thread(pids: Iterable[int], change: Callable[[int], None]) -> None:
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):  # a thread may end meanwhile
                change(int(thread.name))
