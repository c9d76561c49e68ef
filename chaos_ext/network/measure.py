"""Measuring a path by connections of our own that never wait: each look takes what is there by then.

A measurement is a generator (`Steps`): it yields wherever it would have to wait and returns what
it found. The guardian walks it a step at a time between its other duties.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from chaos_ext import world
from chaos_ext.errors import FaultDidNotLand
from chaos_ext.network.line import Address, Line

T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]

SLACK = 0.1  # of what was asked for; a measurement that is nearer is right
SLACK_MS = 2.0  # below this, a busy machine cannot be told from a slow network
GONE_MS = 2.0  # a path that takes no longer than this is free
ANSWER_S_MAX = 1.0
TRIES = 3  # questions on one connection before another one is opened
_REST_MS = 20.0
_SAME_BURST_NS = 50_000_000  # half of the slice that a bandwidth toxic sends at once


class Course(Generic[T]):
    """A measurement that is under way."""

    def __init__(self, steps: Steps[T]) -> None:
        """Begin nothing yet: the first look does."""
        self._steps = steps

    def look(self) -> T | None:
        """Go on as far as that is possible now; what was found, or None."""
        try:
            next(self._steps)
        except StopIteration as over:
            found: T | None = over.value
            return found
        return None

    def close(self) -> None:
        """Give up; what it held open is closed."""
        self._steps.close()


def give_up(*courses: Course[Any] | None) -> None:
    """Close whichever of *courses* are under way."""
    for course in courses:
        if course:
            course.close()


@dataclass(frozen=True, slots=True)
class Way:
    """How a measuring connection is made, what it asks, and how the answer begins."""

    to: Address
    question: bytes
    expected: bytes
    source: str = ""
    announce: Callable[[Address], None] | None = None  # told who we are before we connect

    def open(self) -> Line:
        """A connection that has just begun."""
        try:
            line = Line(self.to, self.source)
        except OSError as error:
            raise FaultDidNotLand(
                f"nobody can ask {self.to[0]}:{self.to[1]} from {self.source}: {error}; "
                "name a node of this machine"
            ) from error
        try:
            if self.announce:
                self.announce(line.local)
            line.connect()
        except BaseException:
            line.close()
            raise
        return line


def now_ns() -> int:
    """The clock of all measurements."""
    return world.monotonic_ns()


def ms_since(then_ns: int) -> float:
    """Milliseconds from *then_ns* to now."""
    return (world.monotonic_ns() - then_ns) / 1e6


def until(condition: Callable[[], bool], within_s: float) -> Steps[bool]:
    """Wait until *condition*, at most *within_s*; whether it has come."""
    deadline_ns = world.monotonic_ns() + int(within_s * 1e9)
    while not condition():
        if world.monotonic_ns() >= deadline_ns:
            return False
        yield
    return True


def together(courses: Sequence[Steps[T]]) -> Steps[list[T]]:
    """Walk several at once; what each has found."""
    found: dict[int, T] = {}
    try:
        while True:
            for index, each in enumerate(courses):
                if index not in found:
                    try:
                        next(each)
                    except StopIteration as over:
                        found[index] = over.value
            if len(found) == len(courses):
                return [found[index] for index in range(len(courses))]
            yield
    finally:  # whoever gives up, gives up all of them
        for each in courses:
            each.close()


def ping(
    line: Line, way: Way, within_s: float = ANSWER_S_MAX, wait_ms: float = 0
) -> Steps[float | None]:
    """Milliseconds from a question to its answer; None when there was none in time.

    Who looks seldom learns late of an answer; *wait_ms* are spent on a quick one.
    """
    line.listen_anew()
    sent_ns = world.monotonic_ns()
    line.say(way.question, len(way.question))
    if wait_ms:
        line.look()
        line.wait(wait_ms)

    yield from until(lambda: line.over() or way.expected in line.heard, within_s)
    return ms_since(sent_ns) if way.expected in line.heard else None


def pings(
    ways: Sequence[Way],
    good: Callable[[list[float]], bool],
    within_s: float = ANSWER_S_MAX,
    wait_ms: float = 0,
    for_s: float | None = None,
) -> Steps[list[float] | None]:
    """Ask along all *ways* at once, again and again, until all answer and the times are *good*.

    The first answers on a connection include its making, so each is asked more than once.
    None when *for_s* are over without.
    """
    begun_ns = world.monotonic_ns()
    while for_s is None or ms_since(begun_ns) < for_s * 1e3:
        with ExitStack() as stack:
            lines = [stack.enter_context(way.open()) for way in ways]
            for _ in range(TRIES):
                asked = [
                    ping(*each, within_s, wait_ms) for each in zip(lines, ways, strict=True)
                ]
                times = yield from together(asked)
                answered = [each for each in times if each is not None]
                if len(answered) < len(times):
                    break
                if good(answered):
                    return answered
        yield from rest()
    return None


def rest() -> Steps[None]:
    """Let a moment pass before trying again: who asks all the time is a fault of its own."""
    begun_ns = world.monotonic_ns()
    while ms_since(begun_ns) < _REST_MS:
        yield


def established(way: Way) -> Steps[Line]:
    """A connection that is known to lead all the way; whoever gets it closes it."""
    while True:
        line = way.open()
        try:
            answered = yield from ping(line, way)
        except BaseException:
            line.close()
            raise
        if answered is not None:
            return line
        line.close()
        yield from rest()


def near(measured: float, asked: float, *, slack: float = SLACK_MS, spread: float = 0) -> bool:
    """Whether *measured* is what was asked for, give or take *spread*."""
    allowed = max(SLACK * asked, slack)
    return max(0.0, asked - spread) - allowed <= measured <= asked + spread + allowed


def median(values: Sequence[float]) -> float:
    """The one in the middle: one late look does not move it."""
    return statistics.median(values)


def rate_per_s(arrivals: Sequence[tuple[int, int]]) -> float:
    """Bytes a second, by when they arrived (nanoseconds, bytes); 0 while that cannot be told.

    What arrives at first was let through at once, so it only says when time begins.
    """
    if not arrivals:
        return 0.0
    begun = max(at for at, _ in arrivals if at <= arrivals[0][0] + _SAME_BURST_NS)
    later = [(at, size) for at, size in arrivals if at > begun]
    if not later:
        return 0.0
    return sum(size for _, size in later) * 1e9 / (later[-1][0] - begun)


def flood(line: Line, way: Way, total: int, within_s: float) -> Steps[None]:
    """Have *total* bytes come back; over when they have, or the time is."""
    answer = len(line.heard) or len(way.expected)  # of the one question that was asked before
    line.listen_anew()
    questions = -(-total // answer)
    line.say(way.question, questions * len(way.question))
    yield from until(lambda: line.over() or line.received >= total, within_s)
