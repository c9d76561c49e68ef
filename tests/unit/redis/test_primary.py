"""Many ask who is primary; the sentinels hear one question."""

import threading

import pytest
from redis.exceptions import ConnectionError as LostError

from chaos_ext import world
from chaos_ext.redis.primary import ANSWER_IS_FRESH_S, Lookup, NoPrimary, who_knows

HOME = ("127.0.0.1", 6379)


class Sentinels:
    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def __call__(self):
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now_ns = 10**12

    monkeypatch.setattr(world, "monotonic_ns", lambda: Clock.now_ns)
    return Clock


def test_lookup_asks_once_while_the_answer_is_fresh(clock):
    sentinels = Sentinels(HOME)
    lookup = Lookup(sentinels)

    found = [lookup.primary(1), lookup.primary(1)]

    assert found == [HOME, HOME]
    assert sentinels.asked == 1


def test_lookup_asks_again_when_the_answer_is_old(clock):
    other = ("127.0.0.2", 6379)
    lookup = Lookup(Sentinels(HOME, other))
    lookup.primary(1)

    clock.now_ns += int(ANSWER_IS_FRESH_S * 1e9) + 1

    assert lookup.primary(1) == other


def test_lookup_remembers_for_a_moment_when_nobody_knows(clock):
    sentinels = Sentinels(LostError("all of them are silent"))
    lookup = Lookup(sentinels)

    for _ in range(3):
        with pytest.raises(NoPrimary):
            lookup.primary(1)

    assert sentinels.asked == 1


def test_lookup_lets_others_wait_for_the_question_in_flight():
    begun, may_answer, found = threading.Event(), threading.Event(), []
    asked = []

    def slow():
        asked.append(1)
        begun.set()
        assert may_answer.wait(5)
        return HOME

    lookup = Lookup(slow)
    many = [threading.Thread(target=lambda: found.append(lookup.primary(5))) for _ in range(8)]
    many[0].start()
    assert begun.wait(5)

    for thread in many[1:]:
        thread.start()
    may_answer.set()
    for thread in many:
        thread.join(5)

    assert found == [HOME] * 8
    assert len(asked) == 1


def test_lookup_gives_up_waiting_when_the_time_of_the_one_who_waits_is_over():
    begun, may_answer = threading.Event(), threading.Event()

    def silent():
        begun.set()
        assert may_answer.wait(5)
        return HOME

    lookup = Lookup(silent)
    leader = threading.Thread(target=lambda: lookup.primary(5))
    leader.start()
    assert begun.wait(5)

    with pytest.raises(NoPrimary):
        lookup.primary(0.001)

    may_answer.set()
    leader.join(5)


def test_fixed_primary_is_named_without_asking_anybody():
    ask = who_knows({"primary": ["127.0.0.9", "6380"]}, 2)

    assert ask() == ("127.0.0.9", 6380)
