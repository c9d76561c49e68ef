"""Measurements that never wait: pure sums over what arrived, and steps that others walk."""

import pytest

from chaos_ext.errors import FaultDidNotLand
from chaos_ext.network import measure
from chaos_ext.network.measure import Course, Way

MS = 1_000_000
ECHO = Way(("127.70.1.101", 17379), b"question", b"question")


def counting(steps, found):
    """Something that takes so many looks."""
    for _ in range(steps):
        yield
    return found


def walked(net, steps, looks=100_000):
    """What was found in the end."""
    course = Course(steps)
    for _ in range(looks):
        if (found := course.look()) is not None:
            return found
        net.tick()
    course.close()
    return None


def test_course_finds_once_it_has_looked_often_enough():
    course = Course(counting(2, "found"))

    looks = [course.look() for _ in range(4)]

    assert looks == [None, None, "found", None]


def test_several_are_walked_at_once_and_found_in_order(net):
    looks = [counting(count, count) for count in (5, 0, 2)]

    found = walked(net, measure.together(looks), looks=6)

    assert found == [5, 0, 2]


def test_several_are_all_given_up_when_one_is():
    closed = []

    def watched():
        try:
            yield
            yield
        finally:
            closed.append(True)

    course = Course(measure.together([watched(), watched()]))
    course.look()
    course.close()

    assert closed == [True, True]


@pytest.mark.parametrize(
    ("measured", "asked", "slack", "spread", "near"),
    [
        (100.0, 100, 2, 0, True),
        (109.9, 100, 2, 0, True),
        (110.1, 100, 2, 0, False),
        (89.9, 100, 2, 0, False),
        (2.9, 1, 2, 0, True),
        (3.1, 1, 2, 0, False),
        (60.0, 100, 2, 50, True),
        (161.0, 100, 2, 50, False),
        (0.0, 10, 2, 50, True),
        (91.0, 100, 0, 0, True),
        (89.0, 100, 0, 0, False),
    ],
)
def test_near_is_within_a_tenth_or_the_slack(measured, asked, slack, spread, near):
    assert measure.near(measured, asked, slack=slack, spread=spread) is near


@pytest.mark.parametrize(
    ("arrivals", "per_s"),
    [
        ([], 0),
        ([(0, 100)], 0),
        ([(0, 100), (1, 100)], 0),  # all in the first burst
        ([(0, 60), (1 * MS, 40), (100 * MS, 100), (201 * MS, 100)], 1000),
        ([(at * 10 * MS, 10) for at in range(60)], 1000),
    ],
)
def test_rate_begins_after_what_came_at_first(arrivals, per_s):
    assert measure.rate_per_s(arrivals) == pytest.approx(per_s)


def test_ping_tells_how_long_the_answer_took(net):
    net.base_ms = 7
    with ECHO.open() as line:
        took_ms = walked(net, measure.ping(line, ECHO))

    assert 7 <= took_ms <= 7.5


def test_ping_that_waits_is_exact_for_who_looks_seldom(net):
    net.base_ms = 0.3
    with ECHO.open() as line:
        took_ms = walked(net, measure.ping(line, ECHO, wait_ms=4))

    assert took_ms == pytest.approx(0.3)


def test_ping_gives_up_when_there_is_no_answer(net):
    net.leases["x"] = {
        "faults": [{"do": "toxic", "type": "silence", "stream": "both", "attributes": {}}]
    }
    with ECHO.open() as line:
        course = Course(measure.ping(line, ECHO, within_s=0.3))
        begun_ns = net.now_ns
        while course._steps.gi_frame:
            course.look()
            net.tick()

    assert 0.3e9 <= net.now_ns - begun_ns <= 0.31e9


def test_pings_ask_each_connection_more_than_once(net):
    seen = []

    def third(times):
        seen.append(times)
        return len(seen) == 3

    found = walked(net, measure.pings([ECHO, ECHO], third))

    assert found == seen[2]
    assert len(net.lines) == 2


def test_pings_open_other_connections_when_one_ends(net):
    def end_first(times):
        net.lines[0].end("reset")
        return len(net.lines) > 2

    found = walked(net, measure.pings([ECHO, ECHO], end_first))

    assert found
    assert len(net.lines) == 4


def test_pings_end_in_time_when_nothing_is_good(net):
    course = Course(measure.pings([ECHO], lambda _: False, for_s=0.5))
    begun_ns = net.now_ns

    while course._steps.gi_frame:
        course.look()
        net.tick()

    assert net.now_ns - begun_ns < 0.6e9


def test_way_is_refused_in_one_line_when_nobody_can_ask_from_there(monkeypatch):
    def fail(*_):
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(measure, "Line", fail)

    with pytest.raises(
        FaultDidNotLand, match=r"nobody can ask 127.70.1.101:17379 from 10.0.0.9"
    ):
        Way(("127.70.1.101", 17379), b"", b"", "10.0.0.9").open()


def test_way_leaves_no_connection_when_the_proxy_refuses_to_echo(net):
    def refuse(_):
        raise FaultDidNotLand("no")

    with pytest.raises(FaultDidNotLand):
        Way(("127.70.1.101", 17379), b"", b"", "", refuse).open()

    assert net.lines[0].ended
