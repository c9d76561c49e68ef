"""The timer calls back once, and never early."""

import asyncio

from chaos_ext import world
from chaos_ext.witness.timer import Timer


def fired_after(*arm_ns):
    async def wait():
        due = asyncio.get_running_loop().create_future()
        timer = Timer(lambda: due.set_result(world.monotonic_ns()))
        for at_ns in arm_ns:
            timer.arm(at_ns)
        try:
            return await asyncio.wait_for(due, 5)
        finally:
            timer.close()
            timer.close()  # closing what is closed is no harm

    return asyncio.run(wait())


def test_timer_is_not_early_when_an_instant_is_ahead():
    at_ns = world.monotonic_ns() + 3_000_000

    fired_ns = fired_after(at_ns)

    assert fired_ns >= at_ns


def test_timer_fires_when_the_instant_has_passed():
    long_ago_ns = 0

    fired_ns = fired_after(long_ago_ns)

    assert fired_ns <= world.monotonic_ns()


def test_timer_fires_once_when_it_is_armed_anew():
    now_ns = world.monotonic_ns()

    fired_ns = fired_after(now_ns + 3_600_000_000_000, now_ns + 2_000_000)

    assert fired_ns >= now_ns + 2_000_000
