"""A link: what goes in comes out, in order, whatever stands in between and whatever changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from chaos_ext.proxy.core.budget import OF_ONE_MAX, WHEN_TIGHT_MAX, Budget
from chaos_ext.proxy.core.toxics.stage import Ending

MS = some.integers(0, 300)
KEEPS_EVERY_BYTE = some.one_of(
    some.fixed_dictionaries({"type_": some.just("latency"), "latency": MS, "jitter": MS}),
    some.fixed_dictionaries({"type_": some.just("bandwidth"), "rate": some.integers(0, 2)}),
    some.fixed_dictionaries({"type_": some.just("slow_close"), "delay": MS}),
    some.fixed_dictionaries(
        {
            "type_": some.just("slicer"),
            "average_size": some.integers(2, 50),
            "size_variation": some.integers(0, 2),
            "delay": some.integers(0, 5000),
        }
    ),
    some.fixed_dictionaries(
        {"type_": some.just("stall"), "percent": some.integers(0, 100), "stall_ms": MS}
    ),
    some.fixed_dictionaries({"type_": some.just("silence")}),
    some.fixed_dictionaries({"type_": some.just("noop")}),
    some.fixed_dictionaries({"type_": some.just("limit_data"), "bytes": some.just(10**9)}),
)
PIPELINE = some.dictionaries(some.sampled_from("abcde"), KEEPS_EVERY_BYTE, max_size=4)
CHUNK = some.binary(min_size=1, max_size=400)


@settings(max_examples=3 * settings.default.max_examples)
@given(steps=some.lists(some.one_of(CHUNK, MS, PIPELINE), max_size=25), first=PIPELINE)
def test_link_keeps_every_byte_in_order_while_toxics_come_and_go(new_pipe, toxic, steps, first):
    def specs(pipeline):
        return [toxic(name=name, **each) for name, each in sorted(pipeline.items())]

    pipe, pushed = new_pipe().open(*specs(first)), b""

    for step in steps:
        if isinstance(step, bytes):
            pipe.push(step)
            pushed += step
        elif isinstance(step, int):
            pipe.clock.pass_ms(step)
        else:
            pipe.settle(*specs(step))
        assert pushed.startswith(pipe.data)
    pipe.finish()
    pipe.settle()

    assert pipe.data == pushed
    assert pipe.link.sent == pipe.link.received == len(pushed)
    assert {ending for _, ending in pipe.ended} == {Ending.EOF}
    assert pipe.ends.reading


@given(chunks=some.lists(CHUNK, max_size=10), limit=some.integers(0, 1000), pipeline=PIPELINE)
def test_link_passes_a_limit_exactly_among_other_toxics(
    new_pipe, toxic, chunks, limit, pipeline
):
    others = [toxic(name=name, **each) for name, each in pipeline.items()]
    pipe, whole = new_pipe().open(toxic("limit_data", bytes=limit), *others), b"".join(chunks)

    for chunk in chunks:
        pipe.push(chunk)
    pipe.settle(toxic("limit_data", bytes=limit))

    closed = bool(chunks) and len(whole) >= limit
    assert pipe.data == whole[:limit]
    assert {ending for _, ending in pipe.ended} == ({Ending.CLOSE} if closed else set())


def test_link_writes_straight_to_the_sink_without_a_toxic(pipe):
    pipe.open()

    pipe.settle()

    assert pipe.link.take == pipe.ends.write


def test_link_keeps_what_comes_before_the_sink_is_there(pipe, toxic):
    pipe.push(b"a")
    pipe.push(b"b")
    pipe.finish()
    stopped = not pipe.ends.reading

    pipe.open(toxic("latency", latency=10, jitter=0))
    pipe.clock.pass_ms(10)

    assert stopped
    assert pipe.told == [(10, b"a"), (10, b"b")]
    assert pipe.ended == [(10, Ending.EOF)]


def test_link_lets_what_was_held_meet_the_toxics_behind(pipe, toxic):
    late = toxic("latency", latency=1000, jitter=0)
    narrow = toxic("bandwidth", rate=1)
    pipe.open(late, narrow)
    pipe.push(bytes(100))

    pipe.settle(narrow)
    pipe.clock.pass_ms(500)

    assert [at for at, _ in pipe.told] == [100]


def test_link_lets_a_reset_overtake_an_end_that_waits(pipe, toxic):
    pipe.open(toxic("silence"))
    pipe.finish()

    pipe.finish(Ending.RESET)
    pipe.settle()

    assert [ending for _, ending in pipe.ended] == [Ending.RESET]


def test_link_stops_the_source_while_the_sink_takes_nothing(pipe):
    pipe.open()

    pipe.link.stick(1000)
    stopped = not pipe.ends.reading
    pipe.link.loosen()

    assert stopped
    assert pipe.ends.reading


def test_link_counts_what_waits_in_a_sink_that_takes_nothing(pipe, budget, toxic):
    pipe.open(toxic("latency", latency=10, jitter=0))
    pipe.push(bytes(5000))

    pipe.link.stick(100)
    pipe.clock.pass_ms(100)
    waiting = budget.held
    pipe.link.loosen()

    assert waiting == 5100
    assert budget.held == 0


def test_link_gives_back_what_it_held_when_dropped(pipe, budget, toxic):
    pipe.open(toxic("latency", latency=10, jitter=0), toxic("bandwidth", rate=0))
    pipe.push(bytes(5000))
    pipe.link.stick(70)

    pipe.link.drop()
    pipe.link.take(b"late")

    assert budget.held == 0


def test_link_reads_on_when_all_together_hold_less(new_pipe, toxic):
    budget = Budget(most=2 * WHEN_TIGHT_MAX)
    late = toxic("latency", latency=1000, jitter=0)
    first, second = (new_pipe(budget=budget).open(late) for _ in range(2))
    first.push(bytes(2 * WHEN_TIGHT_MAX))

    second.push(bytes(WHEN_TIGHT_MAX))
    stopped = not second.ends.reading
    first.settle()

    assert stopped
    assert second.ends.reading


def test_link_may_hold_a_little_however_much_the_others_hold(new_pipe, toxic):
    budget = Budget(most=2 * WHEN_TIGHT_MAX)
    late = toxic("latency", latency=1000, jitter=0)
    first, second = (new_pipe(budget=budget).open(late) for _ in range(2))

    first.push(bytes(3 * WHEN_TIGHT_MAX))
    second.push(bytes(WHEN_TIGHT_MAX // 2))

    assert not first.ends.reading
    assert second.ends.reading


def test_link_holds_no_more_than_one_may_in_all_its_toxics(pipe, toxic):
    soon = toxic("latency", "soon", latency=10, jitter=0)
    pipe.open(soon, toxic("latency", "late", latency=1000, jitter=0))

    pipe.push(bytes(OF_ONE_MAX // 2))
    pipe.clock.pass_ms(20)
    half = pipe.ends.reading
    pipe.push(bytes(OF_ONE_MAX // 2))

    assert half
    assert not pipe.ends.reading


@pytest.mark.parametrize("end", [False, True])
def test_link_is_arranged_before_the_next_byte_or_end_when_it_was_put_off(pipe, toxic, end):
    pipe.open()
    late = toxic("slow_close", delay=10), toxic("latency", latency=5, jitter=0)
    pipe.link.put_off(lambda: pipe.settle(*late))
    before = pipe.link.stages

    pipe.finish() if end else pipe.push(b"a")
    pipe.clock.pass_ms(100)

    assert before == ()
    assert (pipe.told, pipe.ended) == (([], [(10, Ending.EOF)]) if end else ([(5, b"a")], []))


def test_link_forgets_what_was_put_off_when_dropped(pipe):
    pipe.open()
    pipe.link.put_off(pytest.fail)

    pipe.link.drop()
    pipe.push(b"late")
    pipe.finish()

    assert (pipe.told, pipe.ended) == ([], [])
