"""One direction of one connection: from a source, through its toxics, into a sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chaos_ext.proxy.core.budget import OF_ONE_MAX, WHEN_TIGHT_MAX, Budget
from chaos_ext.proxy.core.toxics.stage import CHUNK_COST, Ending, Outlet, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos_ext.proxy.core.clock import Alarms


class Source(Protocol):
    """Where bytes come from."""

    def pause(self) -> None:
        """Read no more for a while."""

    def resume(self) -> None:
        """Read again."""


class Sink(Protocol):
    """Where bytes go."""

    write: Callable[[bytes], None]

    def finish(self, ending: Ending) -> None:
        """Nothing comes after what was written so far."""


class Link:
    """The source calls `take` for every chunk, and `finish` once; who holds something back blocks.

    Without a toxic `take` is the sink's own `write`: nothing of ours is in between.
    """

    __slots__ = (
        "_blockers",
        "_budget",
        "_clock",
        "_early",
        "_ended",
        "_ending",
        "_held",
        "_kept",
        "_over",
        "_put_off",
        "_sink",
        "_source",
        "_unsent",
        "received",
        "stages",
        "take",
    )

    def __init__(self, source: Source, sink: Sink, clock: Alarms, budget: Budget) -> None:
        """Keep what comes until `open`: the server may not be there yet."""
        self.received = 0
        self.stages: tuple[Stage, ...] = ()
        self.take: Callable[[bytes], None] = self._keep
        self._source = source
        self._sink = sink
        self._clock = clock
        self._budget = budget
        self._early: list[bytes] | None = []
        self._ending = Ending.NONE  # what the source said before `open`
        self._ended = Ending.NONE  # what the sink was told
        self._over = False
        self._kept = 0  # bytes that were taken and not written
        self._held = 0  # bytes of memory that somebody here holds
        self._unsent = -1  # of these, bytes that the sink could not send; -1 when it is willing
        self._blockers: frozenset[object] = frozenset()
        self._put_off: Callable[[], None] | None = None

    @property
    def sent(self) -> int:
        """Bytes written to the sink."""
        return self.received - self._kept

    def open(self, stages: Sequence[Stage]) -> None:
        """The sink is there: pass on what came before, through *stages*."""
        early, self._early = self._early or [], None
        self.arrange(stages)
        self._kept -= sum(map(len, early))
        for data in early:
            self.release(len(data) + CHUNK_COST)
            self.take(data)
        self.unblock("early")
        if self._ending:
            self.finish(self._ending)

    def arrange(self, stages: Sequence[Stage]) -> None:
        """Have bytes go through *stages*: those that were here go on, the others let go of theirs."""
        self._put_off = None
        before, self.stages = self.stages, tuple(stages)
        for place in reversed(range(len(before))):
            stage = before[place]
            if stage in self.stages:
                continue
            stage.leave()
            self.unblock(stage)
            if place:
                before[place - 1].out = stage.out
        outlets: tuple[Outlet, ...] = (*self.stages[1:], self)
        for stage, outlet in zip(self.stages, outlets, strict=False):
            stage.out = outlet
        self.renew()
        for stage in self.stages:
            if stage not in before and not self._over:
                stage.start()

    def put_off(self, arrange: Callable[[], None]) -> None:
        """Call *arrange* before the next byte, or the end, goes on its way."""
        if self._early is None:
            self._put_off = arrange
            self.take = self._arrange_first

    def renew(self) -> None:
        """Find the shortest way to the sink again: it, or the toxics, changed."""
        if self._early is None and self._put_off is None:
            self.take = self._enter if self.stages or self._over else self._sink.write

    def finish(self, ending: Ending) -> None:
        """Nothing more comes from the source; the end queues behind what is held."""
        if self._put_off is not None:
            self._put_off()
        if self._early is not None:
            self._ending = max(self._ending, ending)
        elif self.stages:
            self.stages[0].end(ending)
        else:
            self.end(ending)

    def feed(self, data: bytes, at_ns: int) -> None:  # noqa: ARG002 - the last outlet needs no time
        """Write what all toxics have let pass."""
        self._kept -= len(data)
        stuck = self._unsent >= 0  # if it only gets stuck by this chunk, it counts it itself
        self._sink.write(data)
        if stuck:
            self._unsent += len(data)
            self.hold(len(data))

    def end(self, ending: Ending) -> None:
        """Tell the sink that all toxics have let the end pass; only a stronger one is news."""
        if ending <= self._ended:
            return
        self._ended = ending
        if ending is not Ending.EOF:
            self._over = True
            self.renew()
        self._sink.finish(ending)

    def stick(self, unsent: int) -> None:
        """The sink takes no more: *unsent* bytes wait in it."""
        self._unsent = unsent
        self.hold(unsent)
        self.block("sink")

    def loosen(self) -> None:
        """The sink takes bytes again."""
        unsent, self._unsent = max(0, self._unsent), -1
        self.release(unsent)
        self.unblock("sink")

    def drop(self) -> None:
        """The connection is gone: forget everything."""
        self._over = True
        self._ended = Ending.RESET
        self._put_off = None
        stages, self.stages = self.stages, ()
        for stage in stages:
            stage.drop()
        self._budget.forget(self)
        self._budget.give_back(self._held)
        self._held = 0
        self.take = _forget

    def hold(self, size: int) -> None:
        """*size* bytes more are held."""
        self._held += size
        self._budget.held += size
        if self._held > OF_ONE_MAX:
            self.block("link")
        if self._budget.tight() and self._held > WHEN_TIGHT_MAX:
            self._budget.wait(self)
            self.block("budget")

    def release(self, size: int) -> None:
        """*size* bytes fewer are held."""
        self._held -= size
        self._budget.give_back(size)
        if self._blockers:
            if self._held <= OF_ONE_MAX // 2:
                self.unblock("link")
            if self._held <= WHEN_TIGHT_MAX:
                self.relax()

    def relax(self) -> None:
        """All together hold little enough again, or this link does."""
        self._budget.forget(self)
        self.unblock("budget")

    def block(self, who: object) -> None:
        """Read no more until *who* unblocks."""
        if not self._blockers:
            self._source.pause()
        self._blockers |= {who}

    def unblock(self, who: object) -> None:
        """*who* no longer minds; read again when nobody does."""
        if who in self._blockers:
            self._blockers -= {who}
            if not self._blockers:
                self._source.resume()

    def _keep(self, data: bytes) -> None:
        self._kept += len(data)
        self.hold(len(data) + CHUNK_COST)
        self.block("early")
        if self._early is not None:
            self._early.append(data)

    def _arrange_first(self, data: bytes) -> None:
        if self._put_off is not None:
            self._put_off()
        self.take(data)

    def _enter(self, data: bytes) -> None:
        self._kept += len(data)
        if self.stages and not self._over:
            self.stages[0].feed(data, self._clock.now_ns())


def _forget(data: bytes) -> None:
    """Bytes of a connection that is gone go nowhere."""
