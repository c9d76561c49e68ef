"""A link between a source and a sink that only write down what happens, on a clock that is told the time."""

import pytest

from chaos_ext.proxy.core import chosen
from chaos_ext.proxy.core.budget import Budget
from chaos_ext.proxy.core.clock import NS_PER_MS, Alarms
from chaos_ext.proxy.core.link import Link
from chaos_ext.proxy.core.model import UPSTREAM, ToxicSpec
from chaos_ext.proxy.core.toxics.stage import Ending


class ToldClock(Alarms):
    """Time passes when somebody says so, and every alarm rings at its own instant."""

    def __init__(self):
        super().__init__()
        self.time_ns = 0

    def now_ns(self):
        return self.time_ns

    def pass_ms(self, ms):
        end_ns = self.time_ns + round(ms * NS_PER_MS)
        while self._heap and self._heap[0][0] <= end_ns:
            self.time_ns = max(self.time_ns, self._heap[0][0])
            self.ring(self.time_ns)
        self.time_ns = end_ns


class Ends:
    """Both ends of a link."""

    def __init__(self, clock):
        self._clock = clock
        self.told = []  # when, in ms, and what was written
        self.ended = []  # when, in ms, and how
        self.reading = True

    def write(self, data):
        self.told.append((self._clock.time_ns / NS_PER_MS, bytes(data)))

    def finish(self, ending):
        self.ended.append((self._clock.time_ns / NS_PER_MS, ending))

    def pause(self):
        self.reading = False

    def resume(self):
        self.reading = True


class Pipe:
    """One direction of a connection, as a test wants it."""

    def __init__(self, clock, budget, seed="0"):
        self.clock = clock
        self.seed = seed
        self.ends = Ends(clock)
        self.link = Link(self.ends, self.ends, clock, budget)

    def open(self, *specs):
        self.link.open(chosen.stages(specs, self.link, self.clock, self.seed))
        return self

    def settle(self, *specs):
        self.link.arrange(chosen.stages(specs, self.link, self.clock, self.seed))

    def push(self, data):
        self.link.received += len(data)
        self.link.take(data)

    def finish(self, ending=Ending.EOF):
        self.link.finish(ending)

    @property
    def told(self):
        return self.ends.told

    @property
    def data(self):
        return b"".join(data for _, data in self.ends.told)

    @property
    def ended(self):
        return self.ends.ended


@pytest.fixture
def clock():
    return ToldClock()


@pytest.fixture
def budget():
    return Budget()


@pytest.fixture
def pipe(clock, budget):
    return Pipe(clock, budget)


@pytest.fixture(scope="session")
def new_pipe():
    """Makes a pipe with a clock of its own, as often as a property needs one."""
    return lambda seed="0", budget=None: Pipe(ToldClock(), budget or Budget(), seed)


@pytest.fixture(scope="session")
def toxic():
    """Makes a toxic by its type and attributes."""

    def make(type_, name="", **attributes):
        return ToxicSpec(name or type_, type_, UPSTREAM, attributes=attributes)

    return make
