"""What all toxics are to the link they stand in: a stage that bytes and the end pass through."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext import world

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from chaos_ext.proxy.core.clock import Alarm, Alarms
    from chaos_ext.proxy.core.model import ToxicSpec

CHUNK_COST = 120  # bytes of memory that a chunk costs beside its own
LITTLE = 64 * 1024  # as much as a toxic may hold without being a buffer
_RELAXED = 0.75  # of its capacity: when a stage holds no more, the source is read again


class Ending(IntEnum):
    """How a direction ends; a stronger end overtakes a weaker one that still waits."""

    NONE = 0
    EOF = 1  # no more bytes this way; the other way lives on
    CLOSE = 2  # the whole connection ends in good order
    RESET = 3  # RST to both ends


class Outlet(Protocol):
    """Where bytes go next."""

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take *data*, which left the stage before at *at_ns*."""

    def end(self, ending: Ending) -> None:
        """Nothing comes after what was fed so far."""


class Valve(Protocol):
    """Who counts what is held, and stops the source."""

    def hold(self, size: int) -> None:
        """*size* bytes more are held."""

    def release(self, size: int) -> None:
        """*size* bytes fewer are held."""

    def block(self, who: object) -> None:
        """Read no more until *who* unblocks."""

    def unblock(self, who: object) -> None:
        """*who* no longer minds."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a stage finds where it stands."""

    clock: Alarms
    valve: Valve
    seed: str  # of its dice


class Stage:
    """One toxic at work on one direction of one connection; this one lets everything pass."""

    acts_alone: ClassVar[bool] = False  # without a byte: it must stand there before one comes

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Work as *spec* says once somebody has set `out`."""
        self.name = spec.name
        self.attributes = spec.attributes
        self.out: Outlet
        self._clock = place.clock
        self._valve = place.valve
        self._seed = place.seed

    @cached_property
    def _dice(self) -> random.Random:
        return world.dice(self._seed)

    def start(self) -> None:
        """Stand in the link from now on."""

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take *data*, which left the stage before at *at_ns*."""
        self.out.feed(data, at_ns)

    def end(self, ending: Ending) -> None:
        """Nothing comes after what was fed so far."""
        self.out.end(ending)

    def update(self, attributes: Mapping[str, Any]) -> None:
        """Go on with other *attributes*; what was counted and held stays so."""
        self.attributes = attributes

    def leave(self) -> None:
        """The toxic was removed: pass on at once whatever is held, in order."""

    def drop(self) -> None:
        """The connection is gone: forget what is held."""


class Holding(Stage):
    """A stage that holds chunks in a queue; what it does is said by when the next piece may go."""

    capacity = LITTLE  # held bytes above which the source is read no more

    def __init__(self, spec: ToxicSpec, place: Place) -> None:
        """Nothing is held."""
        super().__init__(spec, place)
        self._chunks: deque[tuple[bytes, int]] = deque()
        self._passed = 0  # bytes of the first chunk that went already
        self._held = 0
        self._ending = Ending.NONE
        self._alarm: Alarm | None = None
        self._next: tuple[int, int] | None = None  # when the next piece goes, and its size
        self._last_ns = 0  # when the last one was due

    def next_piece(self, rest: int, at_ns: int) -> tuple[int, int] | None:
        """When the next piece goes, and its size, out of *rest* bytes of a chunk that came at *at_ns*.

        Asked once a piece; None keeps everything.
        """
        raise NotImplementedError

    def feed(self, data: bytes, at_ns: int) -> None:
        """Queue *data*, and pass on what may go."""
        self._chunks.append((data, at_ns))
        size = len(data) + CHUNK_COST
        self._held += size
        self._valve.hold(size)
        if self._held > self.capacity:
            self._valve.block(self)
        if self._alarm is None:
            self._work()

    def end(self, ending: Ending) -> None:
        """The end queues behind the bytes, as it would on a wire."""
        self._ending = max(self._ending, ending)
        if not self._chunks:
            self.out.end(self._ending)

    def update(self, attributes: Mapping[str, Any]) -> None:
        """The other *attributes* hold for the bytes that wait already."""
        super().update(attributes)
        self._stop()
        self._work()

    def leave(self) -> None:
        """Pass on everything at once."""
        self._stop()
        now_ns = self._clock.now_ns()
        while self._chunks:
            data, _at_ns = self._chunks[0]
            self._pass_on(len(data) - self._passed, now_ns)
        if self._ending:
            self.out.end(self._ending)

    def drop(self) -> None:
        """Forget everything."""
        self._stop()
        self._chunks.clear()
        self._valve.release(self._held)
        self._held = 0

    def _stop(self) -> None:
        self._next = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        self._work()

    def _work(self) -> None:
        """Pass on every piece that is due, then wait for the next."""
        if not self._chunks:
            return
        now_ns = self._clock.now_ns()
        while self._chunks:
            if self._next is None:
                data, at_ns = self._chunks[0]
                self._next = self.next_piece(len(data) - self._passed, at_ns)
                if self._next is None:
                    return
            due_ns, size = self._next
            if due_ns > now_ns:
                self._alarm = self._clock.at(due_ns, self._ring)
                return
            self._last_ns = max(self._last_ns, due_ns)
            self._pass_on(size, self._last_ns)
        if self._ending:
            self.out.end(self._ending)

    def _pass_on(self, size: int, at_ns: int) -> None:
        data = self._chunks[0][0]
        piece = data[self._passed : self._passed + size]  # the same object when it is all of it
        self._passed += size
        self._next = None
        freed = size  # piece by piece, so that the next chunk is read before this one is gone
        if self._passed >= len(data):
            self._chunks.popleft()
            self._passed = 0
            freed += CHUNK_COST
        self._held -= freed
        self._valve.release(freed)
        if self._held <= self.capacity * _RELAXED:
            self._valve.unblock(self)
        self.out.feed(piece, at_ns)
