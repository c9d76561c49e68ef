"""The numbers that a Redis server tells of itself are taken from whole answers only."""

import pytest

from chaos_ext.redis import vitals

MEMORY = b"# Memory\r\nused_memory:5000\r\nused_memory_rss:9\r\nmaxmemory:%d\r\nmem_not_counted_for_evict:1000\r\n"
CLIENTS = b"# Clients\r\nconnected_clients:3\r\nmaxclients:100\r\n"
STATS = b"# Stats\r\ntotal_net_input_bytes:7\r\ntotal_net_output_bytes:8\r\n"


def answer(*parts):
    """A reply of bulks."""
    return bytearray(b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))


def test_answer_tells_every_number():
    heard = answer(MEMORY % 10_000, CLIENTS, STATS)

    told = vitals.answer(heard)

    assert told == {
        "memory_server_bytes": 4000,  # what counts against the limit
        "memory_server_limit_bytes": 10_000,
        "connections": 3,
        "connections_allowed": 100,
        "net_in_bytes": 7,
        "net_out_bytes": 8,
    }
    assert not heard


def test_server_without_a_limit_has_none():
    assert vitals.answer(answer(MEMORY % 0, CLIENTS, STATS))["memory_server_limit_bytes"] == -1


def test_sections_that_a_server_does_not_have_are_unknown():
    told = vitals.answer(answer(b"", CLIENTS, STATS))  # a sentinel has no memory to tell of

    assert told["memory_server_bytes"] == told["memory_server_limit_bytes"] == -1
    assert told["connections"] == 3


def test_answer_is_not_taken_before_it_is_whole():
    whole = answer(MEMORY % 0, CLIENTS, STATS)

    assert all(vitals.answer(whole[:length]) is None for length in range(len(whole)))


def test_what_follows_an_answer_is_left_for_the_next():
    heard = answer(MEMORY % 0, CLIENTS, STATS) + b"$3"

    vitals.answer(heard)

    assert heard == b"$3"


def test_login_is_said_first_and_its_reply_is_passed_over():
    heard = b"+OK\r\n" + answer(MEMORY % 0, CLIENTS, STATS)

    assert vitals.hello(("me", "secret")) == b"*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\nsecret\r\n"
    assert vitals.hello(()) == b""
    assert vitals.answer(bytearray(heard))["connections"] == 3


@pytest.mark.parametrize("said", [b"-NOAUTH Authentication required.\r\n", b"HTTP/1.1 400\r\n"])
def test_server_that_refuses_or_speaks_another_language_is_told_apart(said):
    with pytest.raises(ValueError, match=r"NOAUTH|TTP"):
        vitals.answer(bytearray(said))
