"""What users do with the schedule: take the next arrival, wait for it, send it or drop it.

All users share one flow. They are greenlets of one process, so that nothing here is
interrupted between two waits; an arrival that was due has exactly one row at the end.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.load.schedule import NS_PER_S, Schedule
from chaos_ext.load.tally import Arrival, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Operations(Protocol):
    """What one system is asked by the load: found as `chaos_ext.<system>.load.operations`."""

    def kind(self, seq: int) -> int:
        """Whether arrival *seq* is a WRITE or a READ."""

    def perform(self, seq: int, left_s: float) -> str:
        """Do it within *left_s*; return one of rows.ERRORS. Must not retry."""


class Flow:
    """The arrivals of one load, from its start to its end."""

    def __init__(
        self,
        operations: Operations,
        tally: Tally,
        rate_per_s: float,
        deadline_s: float,
        tell: Callable[[Arrival], None],
    ) -> None:
        """Take nothing yet; *tell* hears of every arrival after its row was written."""
        self._operations = operations
        self._tally = tally
        self._rate_per_s = rate_per_s
        self._deadline_ns = int(deadline_s * NS_PER_S)
        self._tell = tell
        self._schedule = Schedule(0, rate_per_s)
        self._begun = threading.Event()
        self._next = 0
        self._planned: int | None = None
        self._open: dict[int, int] = {}  # taken and not over: when it was sent, 0 before

    def begin(self) -> int:
        """Start the schedule now; tell when that was."""
        self._schedule = Schedule(world.monotonic_ns(), self._rate_per_s)
        self._begun.set()
        return self._schedule.t0_ns

    def serve_next(self) -> bool:
        """Serve one arrival, from taking it to its row; False when there are no more."""
        self._begun.wait()
        if self._planned is not None:
            return False
        seq, self._next = self._next, self._next + 1
        self._open[seq] = 0
        self._wait_until_due(seq)
        if self._is_beyond_the_end(seq):
            del self._open[seq]
            return False
        self._serve(seq)
        return True

    def end(self) -> int:
        """Let no further arrival become due; drop what nobody took; tell how many were due."""
        if not self._begun.is_set():
            self._planned = 0
            self._begun.set()
            return 0
        self._planned = self._schedule.planned_until(world.monotonic_ns())
        untaken = range(self._next, self._planned)
        self._next = max(self._next, self._planned)
        self._close([self._dropped(seq) for seq in untaken])
        return self._planned

    def is_complete(self) -> bool:
        """Whether every arrival that was due has its row."""
        return self._planned is not None and self._tally.written >= self._planned

    def give_up(self) -> None:
        """Write the rows of arrivals that are still open long after their deadline."""
        self._close(list(self._late()))

    def _wait_until_due(self, seq: int) -> None:
        due_ns = self._schedule.due_ns(seq)
        while (left_ns := due_ns - world.monotonic_ns()) > 0:
            world.sleep(left_ns / NS_PER_S)
            if self._is_beyond_the_end(seq):
                return

    def _is_beyond_the_end(self, seq: int) -> bool:
        return self._planned is not None and seq >= self._planned

    def _serve(self, seq: int) -> None:
        intended_ns, sent_ns = self._schedule.due_ns(seq), world.monotonic_ns()
        left_ns = intended_ns + self._deadline_ns - sent_ns
        if left_ns <= 0:
            self._close([self._dropped(seq)])
            return
        self._open[seq] = sent_ns
        error = self._perform(seq, left_ns / NS_PER_S)
        finished_ns = world.monotonic_ns()
        if not error and finished_ns > intended_ns + self._deadline_ns:
            error = "timeout"  # an answer that came too late is no answer
        if seq in self._open:  # else it was given up meanwhile
            self._close([self._over(seq, error, sent_ns, finished_ns)])

    def _perform(self, seq: int, left_s: float) -> str:
        try:
            return self._operations.perform(seq, left_s)
        except Exception:  # noqa: BLE001 - whatever it was, the user must go on
            return "error"

    def _over(self, seq: int, error: str, sent_ns: int, finished_ns: int) -> Arrival:
        outcome = rows.FAILED if error else rows.OK
        intended_ns = self._schedule.due_ns(seq)
        kind = self._operations.kind(seq)
        return Arrival(kind, outcome, error, seq, intended_ns, sent_ns, finished_ns)

    def _dropped(self, seq: int) -> Arrival:
        now_ns, due_ns = world.monotonic_ns(), self._schedule.due_ns(seq)
        return Arrival(self._operations.kind(seq), rows.DROPPED, "", seq, due_ns, 0, now_ns)

    def _late(self) -> Iterator[Arrival]:
        for seq, sent_ns in sorted(self._open.items()):
            if self._is_beyond_the_end(seq):
                continue
            if sent_ns:
                yield self._over(seq, "timeout", sent_ns, world.monotonic_ns())
            else:
                yield self._dropped(seq)

    def _close(self, arrivals: list[Arrival]) -> None:
        if not arrivals:
            return
        for arrival in arrivals:
            self._open.pop(arrival.seq, None)
        self._tally.put(arrivals)
        for arrival in arrivals:
            self._tell(arrival)
