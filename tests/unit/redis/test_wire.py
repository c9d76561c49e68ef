"""RESP2 is read right however the network cuts it, and a connection's end fails what is open."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos_ext.history.rows import peer_text
from chaos_ext.redis.wire import ErrorReply, Wire, encode, parse

LINES = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=8)
REPLIES = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.binary(max_size=20)
    | LINES.map(ErrorReply),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


class FakeTransport(asyncio.Transport):
    def __init__(self):
        super().__init__({"peername": ("127.0.0.9", 6379)})
        self.written = b""
        self.aborted = False

    def write(self, data):
        self.written += data

    def abort(self):
        self.aborted = True


def as_resp(reply):
    match reply:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case ErrorReply():
            return b"-%b\r\n" % reply.text.encode()
        case list():
            return b"*%d\r\n" % len(reply) + b"".join(map(as_resp, reply))


def connected():
    wire = Wire()
    wire.connection_made(FakeTransport())
    return wire


@settings(deadline=None)  # a busy machine is no failure
@given(REPLIES)
def test_parse_gives_back_what_the_server_meant_when_all_of_it_is_there(reply):
    data = as_resp(reply)

    found = parse(b"??" + data, 2)

    assert found == (reply, len(data) + 2)


@settings(deadline=None)  # a busy machine is no failure
@given(REPLIES, st.data())
def test_parse_waits_when_a_reply_is_partial(reply, data):
    whole = as_resp(reply)

    cut = data.draw(st.integers(0, len(whole) - 1))

    assert parse(whole[:cut]) is None


def test_parse_refuses_when_the_peer_speaks_something_else():
    data = b"HTTP/1.1 400 Bad Request\r\n"

    with pytest.raises(ValueError, match="is this a Redis port"):
        parse(data)


def test_encode_counts_bytes_when_words_are_binary():
    words = (b"SET", b"k", b"\r\n\xff")

    command = encode(words)

    assert command == b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\r\n\xff\r\n"


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(REPLIES, min_size=1, max_size=5), st.integers(1, 7))
def test_wire_answers_in_order_when_replies_come_in_pieces(replies, piece):
    async def ask_all():
        wire = connected()
        answers = [wire.ask(b"PING") for _ in replies]
        data = b"".join(map(as_resp, replies))
        for start in range(0, len(data), piece):
            wire.data_received(data[start : start + piece])
        return [answer.result() for answer in answers], wire.unanswered

    got, unanswered = asyncio.run(ask_all())

    assert got == replies
    assert unanswered == 0


def test_wire_gives_the_next_reply_to_the_next_asker_when_one_has_given_up():
    async def give_up_on_the_first():
        wire = connected()
        first, second = wire.ask(b"A"), wire.ask(b"B")
        first.cancel()
        wire.data_received(b"+for the first\r\n+for the second\r\n")
        return second.result()

    got = asyncio.run(give_up_on_the_first())

    assert got == b"for the second"


@pytest.mark.parametrize(
    "end",
    [
        lambda wire: wire.connection_lost(None),
        lambda wire: wire.connection_lost(ConnectionResetError()),
        lambda wire: wire.close(),
        lambda wire: wire.data_received(b"nonsense\r\n"),
    ],
)
def test_wire_fails_what_is_unanswered_when_it_ends(end):
    async def end_it():
        wire = connected()
        answer = wire.ask(b"PING")
        end(wire)
        with pytest.raises(ConnectionError):
            wire.ask(b"PING")
        return wire, answer.exception()

    wire, failure = asyncio.run(end_it())

    assert wire.ended
    assert isinstance(failure, ConnectionError)


def test_wire_knows_its_peer_when_connected():
    wire = connected()

    peer = peer_text(wire.peer)

    assert peer == "127.0.0.9:6379"
