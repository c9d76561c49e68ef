"""What a reply means to the canary, and how a target says where Redis is."""

import asyncio

import pytest

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.history.rows import ERRORS
from chaos_ext.redis import watch
from chaos_ext.redis.wire import ErrorReply


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (b"right", ""),
        (b"other", "wrong value"),
        (None, "wrong value"),
        (ErrorReply("READONLY You can't write against a read only replica."), "readonly"),
        (ErrorReply("LOADING Redis is loading the dataset in memory"), "error"),
        (ErrorReply("NOREPLICAS Not enough good replicas to write."), "readonly"),
    ],
)
def test_judged_says_what_a_row_can_hold_when_it_is_told_a_reply(reply, word):
    wanted = b"right"

    said = watch.judged(reply, wanted)

    assert said == word
    assert said in ERRORS


def test_key_and_value_name_the_run_when_a_write_is_made():
    run, seq = "a1b2", 7

    pair = watch.key(run, seq), watch.value(run, seq)

    assert pair == (b"chaos_ext:a1b2:7", b"a1b2:7")


def test_canary_refuses_when_the_target_does_not_say_where_redis_is():
    target = {"service": "chaos"}

    with pytest.raises(BadArgument, match="sentinels and service, or primary"):
        watch.canary(target, "run")


def test_sentinels_name_nobody_when_none_of_them_answers(monkeypatch):
    async def refuse(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(watch.Wire, "open", refuse)
    sentinels = watch.Sentinels([("127.0.0.1", 1), ("127.0.0.2", 1)], "chaos")

    with pytest.raises(TargetUnreachable, match="no sentinel of 2 names a primary of 'chaos'"):
        asyncio.run(sentinels.primary())


class Hung:
    """A sentinel that is stopped, or one that answers."""

    def __init__(self, reply):
        self.reply = reply
        self.ended = False
        self.unanswered = 0

    def ask(self, *_):
        answer = asyncio.get_running_loop().create_future()
        if self.reply:
            answer.set_result(self.reply)
        return answer

    def close(self):
        self.ended = True


def test_sentinels_name_the_primary_when_only_one_of_them_answers(monkeypatch):
    hung, well = Hung(None), Hung([b"127.1.2.1", b"6379"])

    async def open_wire(host, _):
        return hung if host == "127.0.0.1" else well

    monkeypatch.setattr(watch.Wire, "open", open_wire)
    sentinels = watch.Sentinels([("127.0.0.1", 1), ("127.0.0.2", 1)], "chaos")

    named = asyncio.run(sentinels.primary())

    assert named == ("127.1.2.1", 6379)


def test_sentinels_close_what_leads_nowhere_when_all_of_them_hang(monkeypatch):
    hung = Hung(None)

    async def open_wire(*_):
        return hung

    monkeypatch.setattr(watch.Wire, "open", open_wire)
    sentinels = watch.Sentinels([("127.0.0.1", 1)], "chaos")

    with pytest.raises(TargetUnreachable):
        asyncio.run(sentinels.primary())

    assert hung.ended


@pytest.mark.parametrize(("said", "lives"), [({}, b"3600"), ({"key_ttl_s": 36_000}, b"36000")])
def test_what_is_written_lives_as_long_as_the_lab_says(said, lives):
    sent = []

    class Line:
        async def ask(self, *words):
            sent.append(words)
            return b"OK"

    canary = watch.canary({"primary": ["127.0.0.1", 1], **said}, "run")
    connection = watch.RedisConnection(Line(), "run", canary._kept_s)

    assert asyncio.run(connection.write(7)) == ""
    assert sent[0][-2:] == (b"EX", lives)
