"""One run, watched from outside: how far it has come, and how it is met and killed there."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import book
import plan
import see_processes
from book import IN_PLACE, INTENT, Written

from chaos_ext import world

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from camp import Campaign

STEP_S_MAX = 60.0  # until a run has come to a step, its own lab included
EVERY_S = 0.0002  # less than anything that is waited for takes
STILL_S_MAX = 0.05  # until who is stopped stands still: it may be writing to a disk
METHOD = b'"event":"phase","name":"fault"'


@dataclass(frozen=True, slots=True)
class Met:
    """Where in its life a run was, as it was read while it stood still."""

    step: str
    lease: Written
    since_intent_ms: float | None = None  # since it was seen
    since_deadline_ms: float | None = None  # below 0: so much was left


class Life:
    """A run, its guardian, and its lease; the ledger is open all the time."""

    def __init__(self, campaign: Campaign, runner: subprocess.Popen[bytes], known: int) -> None:
        """*known*: the number of the last lease of those before."""
        self.runner = runner
        self.guardian = 0
        self.began_ns = world.monotonic_ns()
        self.orphaned = False  # its runner was killed some time ago
        self.lands_ms: float | None = None  # how long it took, where that was seen
        self._state = campaign.state
        self._known = known
        self._intent_ns = 0
        self._seen = Written()
        self._events: Path | None = None
        self._door = book.connected(campaign.state)
        self._ledger = self._door.__enter__()

    def close(self) -> None:
        """Let go of the ledger."""
        self._door.__exit__(None, None, None)

    # -- how far it has come --------------------------------------------------------------

    def lease(self) -> Written:
        """Its lease as the ledger has it."""
        try:
            found = book.last_lease(self._ledger)
        except sqlite3.OperationalError:  # no room: whoever reads must write a little, too
            return self._seen
        if found.number <= self._known:
            return Written()
        now = world.monotonic_ns()
        self._intent_ns = self._intent_ns or now
        if found.state == IN_PLACE and self.lands_ms is None:
            self.lands_ms = (now - self._intent_ns) / 1e6
        self._seen = found
        return found

    def in_method(self) -> bool:
        """Whether its method has begun."""
        with suppress(OSError, sqlite3.OperationalError):
            if self._events is None:
                folder = book.folder_of(self._ledger, self.runner.pid)
                self._events = Path(folder) / "events.jsonl" if folder else None
            return self._events is not None and METHOD in self._events.read_bytes()
        return False

    def has_guardian(self) -> bool:
        """Whether it has one by now, and remember who that is."""
        if not self.guardian:
            pid = book.guardian_of(self._state, self.runner.pid)
            mark = f"CHAOS_STATE={self._state}".encode()
            with suppress(OSError):
                known = pid and mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                self.guardian = pid if known else 0
        return bool(self.guardian)

    def ended(self) -> bool:
        """Whether the run is over."""
        return self.runner.poll() is not None

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for *condition*, or the end of the run."""
        world.wait_until(lambda: condition() or self.ended(), STEP_S_MAX, every_s=EVERY_S)

    def pass_ms(self, milliseconds: float) -> None:
        """Let that much time of its life pass."""
        due_ns = world.monotonic_ns() + int(milliseconds * 1e6)
        self.until(lambda: world.monotonic_ns() >= due_ns)

    # -- how it is met --------------------------------------------------------------------

    def met(self) -> Met:
        """Where it is now; whoever shall die stands still meanwhile."""
        self._hold_still()
        lease, now_ns = self.lease(), world.monotonic_ns()
        if not lease.number:
            return Met(plan.BEFORE if self.in_method() else plan.START, lease)
        since_intent_ms = (now_ns - self._intent_ns) / 1e6
        since_deadline_ms = (world.boottime_ns() - lease.deadline_ns) / 1e6
        step = _step(lease.state, since_intent_ms, over=since_deadline_ms > 0 or self.ended())
        return Met(step, lease, round(since_intent_ms, 2), round(since_deadline_ms, 1))

    def _hold_still(self) -> None:
        pids = [self.runner.pid] if self.runner.poll() is None else []
        pids += [self.guardian] if self.has_guardian() else []
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        world.wait_until(lambda: all(map(_still, pids)), STILL_S_MAX, every_s=EVERY_S)

    def orphan(self) -> None:
        """Kill the runner; its guardian heals because of that."""
        if not self.ended():
            self.runner.kill()
            self.orphaned = self.runner.wait() == -signal.SIGKILL

    def kill(self, dies: str) -> tuple[bool, int]:
        """Kill whoever shall die, the others go on; whether the run had ended before, and when."""
        died_ns, ended = world.monotonic_ns(), self.ended() and not self.orphaned
        if dies != plan.GUARDIAN:
            self.runner.kill()
        if dies != plan.RUNNER and self.guardian:
            _send(self.guardian, signal.SIGKILL)
        if self.guardian:
            _send(self.guardian, signal.SIGCONT)
        if not self.ended():
            _send(self.runner.pid, signal.SIGCONT)
        if dies != plan.GUARDIAN and self.runner.wait() != -signal.SIGKILL:
            ended = True
        return ended, died_ns


def _step(state: str, since_intent_ms: float, *, over: bool) -> str:
    if state == INTENT:
        return plan.AFTER if since_intent_ms <= plan.AFTER_MS_MAX else plan.INJECT
    if state == IN_PLACE:
        return plan.HEAL if over else plan.PLACE
    return plan.OVER


def _still(pid: int) -> bool:
    return not see_processes.letters(pid).strip("TtZX")


def _send(pid: int, signum: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signum)
