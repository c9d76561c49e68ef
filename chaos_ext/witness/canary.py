"""Asks a service at a fixed pace and writes down every question and every answer.

It waits for no answer before the next question: an outage must not thin out its own evidence.
"""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.history.rows import OK, READ, WRITE, RowWriter
from chaos_ext.witness import steps
from chaos_ext.witness.pace import Pace
from chaos_ext.witness.timer import Timer

if TYPE_CHECKING:
    from chaos_ext.witness.line import Line
    from chaos_ext.witness.watched import Connection

_NS_PER_MS = 1_000_000
_MS_PER_S = 1_000
_DEAD_ENDS = ("timeout", "lost")  # after these an application looks for the way anew
_NOT_THE_ONE = "readonly"  # and after this, where there may be another who serves


@dataclass(frozen=True, slots=True)
class CanarySettings:
    """How often to ask, how long an answer may take, and whether another may be asked."""

    pace_ms: float = 20
    deadline_ms: float = 500
    stays: bool = False  # with one server: that it takes no writes is no reason to connect anew


class Canary:
    """One write every pace, one read half a pace later, each with its own deadline."""

    def __init__(self, line: Line, rows: RowWriter, settings: CanarySettings) -> None:
        """Ask over *line*, append to *rows*."""
        self.first_success = asyncio.Event()
        self.pace_errors_ns = array("q")
        self._line = line
        self._rows = rows
        self._deadline_s = settings.deadline_ms / _MS_PER_S
        self._dead_ends = _DEAD_ENDS if settings.stays else (*_DEAD_ENDS, _NOT_THE_ONE)
        self._pace = Pace(world.monotonic_ns(), int(settings.pace_ms * _NS_PER_MS))
        self._next_ns = {
            kind: self._pace.next_slot_ns(kind, self._pace.start_ns, failing=False)
            for kind in (WRITE, READ)
        }
        self._failing = {WRITE: False, READ: False}
        self._seqs = count()
        self._acknowledged = -1  # the newest write the service said yes to
        self._outstanding: set[asyncio.Task[None]] = set()
        self._timer = Timer(self._ask_what_is_due)

    def begin(self) -> None:
        """Ask from now on, until `stop`."""
        self._timer.arm(min(self._next_ns.values()))

    async def stop(self) -> None:
        """Ask nothing more; wait for the answers that may still come."""
        self._timer.close()
        if self._outstanding:
            await asyncio.wait(self._outstanding)  # each ends by its own deadline
        self._line.close()

    def _ask_what_is_due(self) -> None:
        now_ns = world.monotonic_ns()
        for kind in sorted(self._next_ns, key=self._next_ns.__getitem__):
            while self._next_ns[kind] <= now_ns:
                self._ask(kind, self._next_ns[kind])
                self._plan(kind, self._next_ns[kind])
        self._timer.arm(min(self._next_ns.values()))

    def _plan(self, kind: int, after_ns: int) -> None:
        failing = self._failing[kind]
        self._next_ns[kind] = self._pace.next_slot_ns(kind, after_ns, failing=failing)

    def _ask(self, kind: int, intended_ns: int) -> None:
        if kind == READ and self._acknowledged < 0:
            return  # nothing can be read back yet
        asked_ns = world.monotonic_ns()
        question = steps.Question(kind, next(self._seqs), intended_ns, asked_ns)
        self._rows.put(steps.asked(question, self._line.peer))
        self.pace_errors_ns.append(asked_ns - intended_ns)
        task = asyncio.create_task(self._operate(question))
        self._outstanding.add(task)
        task.add_done_callback(self._outstanding.discard)

    async def _operate(self, question: steps.Question) -> None:
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._deadline_s):
                found = await self._line.connection(question.asked_ns)
                if isinstance(found, str):
                    error = found
                else:
                    connection = found
                    error = await self._exchange(question, connection)
        except TimeoutError:
            error = "timeout"
        except OSError:
            error = "lost"
        except Exception:  # noqa: BLE001 - one odd operation must not end the watch
            error = "error"
        self._finish(
            question, error, connection.peer if connection else 0, sent=bool(connection)
        )
        if connection is not None and error in self._dead_ends:
            self._line.suspect(connection)

    async def _exchange(self, question: steps.Question, connection: Connection) -> str:
        if question.kind == READ:
            return await connection.read(self._acknowledged)
        return await connection.write(question.seq)

    def _finish(self, question: steps.Question, error: str, peer: int, *, sent: bool) -> None:
        now_ns, kind = world.monotonic_ns(), question.kind
        outcome = steps.outcome_of(error, sent=sent)
        self._rows.put(steps.answered(question, now_ns, outcome, error, peer))
        if outcome == OK and kind == WRITE:
            self._acknowledged = max(question.seq, self._acknowledged)
            self.first_success.set()
        if self._failing[kind] != (outcome != OK):
            self._failing[kind] = outcome != OK
            if self._failing[kind]:  # sharpen the edge from now on, not from the next slot on
                finer_ns = self._pace.next_slot_ns(kind, now_ns, failing=True)
                self._next_ns[kind] = min(finer_ns, self._next_ns[kind])
                self._timer.arm(min(self._next_ns.values()))
