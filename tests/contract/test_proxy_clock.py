"""The clock on a real loop: never early, and in order."""

import asyncio

import pytest
import uvloop

from chaos_ext.proxy.core.clock import NS_PER_MS, Clock

NEW_LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("new_loop", NEW_LOOPS)
def test_clock_rings_at_its_time_and_never_before(new_loop):
    async def rings():
        clock, rung, done = Clock(), [], asyncio.Event()
        begun = clock.now_ns()
        for ms in (5, 0.3, 1.2, 0):
            due = begun + int(ms * NS_PER_MS)
            clock.at(due, lambda due=due: rung.append((due, clock.now_ns())))
        clock.at(begun + 6 * NS_PER_MS, done.set)
        clock.at(begun + 2 * NS_PER_MS, rung.clear).cancel()
        await asyncio.wait_for(done.wait(), 10)
        clock.close()
        return rung

    with asyncio.Runner(loop_factory=new_loop) as runner:
        rung = runner.run(rings())

    assert [due for due, _ in rung] == sorted(due for due, _ in rung)
    assert len(rung) == 4
    assert all(at >= due for due, at in rung)


def test_clock_rings_what_is_asked_for_while_it_rings():
    async def rings():
        clock, done = Clock(), asyncio.Event()
        clock.at(0, lambda: clock.at(0, lambda: clock.at(clock.now_ns() + 1, done.set)))
        await asyncio.wait_for(done.wait(), 10)
        clock.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(rings())


def test_clock_says_nothing_once_closed():
    async def closed():
        clock, rung = Clock(), []
        clock.close()
        clock.close()
        clock.at(0, lambda: rung.append(1))
        await asyncio.sleep(0)
        return rung

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rung = runner.run(closed())

    assert rung == []
