"""One attempt at a time, and what its failure proves to those who wait for it."""

import asyncio

import pytest

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.witness.line import Line


class Connection:
    def __init__(self):
        self.peer = 42
        self.ended = False

    def close(self):
        self.ended = True


class Service:
    """Hands out, one for each attempt, what a test put in: a connection or a failure."""

    def __init__(self, *results):
        self.results = list(results)
        self.attempts = 0
        self.tried = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def connect(self):
        self.attempts += 1
        self.tried.set()
        result = self.results.pop(0)
        await self.may_answer.wait()
        if isinstance(result, Exception):
            raise result
        return result

    def close(self):
        pass


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 5))


def test_line_keeps_the_connection_when_it_is_good():
    async def ask_twice():
        service = Service(Connection())
        line = Line(service, 1)
        return service, await line.connection(1), await line.connection(2), line.peer

    service, first, second, peer = run(ask_twice())

    assert first is second
    assert service.attempts == 1
    assert peer == 42


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        (ConnectionRefusedError(), "refused"),
        (ConnectionResetError(), "refused"),
        (TargetUnreachable("nobody names one"), "no primary"),
        (TimeoutError(), "timeout"),
        (KeyError("odd"), "error"),
    ],
)
def test_line_says_why_when_there_is_no_connection(failure, word):
    async def ask():
        line = Line(Service(failure), 1)
        return await line.connection(world.monotonic_ns()), line.peer, line.trouble

    said, peer, trouble = run(ask())

    assert said == word
    assert peer == 0
    assert trouble.startswith(type(failure).__name__)


def test_line_fails_all_who_wait_at_once_when_the_one_attempt_is_refused():
    async def ask_three_times():
        service = Service(ConnectionRefusedError())
        service.may_answer.clear()
        line = Line(service, 1)
        waiting = [asyncio.create_task(line.connection(seq)) for seq in range(3)]
        await service.tried.wait()
        service.may_answer.set()
        return await asyncio.gather(*waiting), service.attempts

    said, attempts = run(ask_three_times())

    assert attempts == 1
    assert said == ["refused"] * 3


def test_line_lets_a_late_comer_wait_for_the_next_attempt_when_the_first_got_no_answer():
    async def join_late():
        good = Connection()
        service = Service(TimeoutError(), good)
        service.may_answer.clear()
        line = Line(service, 1)
        early = asyncio.create_task(line.connection(0))
        late = asyncio.create_task(line.connection(world.monotonic_ns() + 3_600_000_000_000))
        await service.tried.wait()
        service.may_answer.set()
        return await early, await late is good

    early, late_is_good = run(join_late())

    assert early == "timeout"
    assert late_is_good


def test_line_gives_an_attempt_up_when_it_takes_too_long():
    async def hang():
        service = Service(Connection())
        service.may_answer.clear()
        return await Line(service, 0.01).connection(0)

    said = run(hang())

    assert said == "timeout"


def test_line_connects_anew_when_its_connection_is_suspect():
    async def suspect():
        first, second = Connection(), Connection()
        line = Line(Service(first, second), 1)
        await line.connection(1)
        line.suspect(first)
        found = await line.connection(2)
        line.suspect(first)  # said again by another operation: the new one stays
        return first.ended, found is second, line.peer

    ended, found_second, peer = run(suspect())

    assert ended
    assert found_second
    assert peer == 42


def test_line_says_refused_when_it_is_let_in_and_thrown_out_in_one_breath():
    async def be_dropped():
        dropped = Connection()
        dropped.ended = True
        return await Line(Service(dropped), 1).connection(1)

    said = run(be_dropped())

    assert said == "refused"
