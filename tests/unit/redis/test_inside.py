"""What a server says is read as it is, and one that wants a password or is silent is told apart."""

import pytest

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.redis import inside
from chaos_ext.redis.wire import ErrorReply

ADDRESS = ("127.0.0.1", 6379)


@pytest.fixture
def server(monkeypatch):
    """Answers what it was told to, by the words it is asked with."""
    answers = {}

    class Answering:
        """A connection to it."""

        def __init__(self, host, port, _timeout_s):
            self.where = f"{host}:{port}"

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def ask(self, *words):
            found = answers[" ".join(words)]
            if isinstance(found, Exception):
                raise TargetUnreachable(f"{self.where}: {found}")
            return found

        def must(self, *words):
            return self.ask(*words)

    monkeypatch.setattr(inside, "Plain", Answering)
    return answers


def test_connections_are_those_of_others_and_of_replicas(server):
    server["INFO clients"] = b"# Clients\r\nconnected_clients:5\r\nblocked_clients:0\r\n"
    server["INFO replication"] = b"role:master\r\nconnected_slaves:2\r\n"
    server["CONFIG GET maxclients"] = [b"maxclients", b"10000"]

    assert inside.connections(ADDRESS) == (6, 10_000)


def test_memory_is_what_counts_for_the_limit(server):
    server["INFO memory"] = b"used_memory:1000\r\nmem_not_counted_for_evict:100\r\n"
    server["CONFIG GET maxmemory"] = [b"maxmemory", b"5000"]

    assert inside.memory(ADDRESS) == (900, 5000)


def test_limit_is_told(server):
    server["CONFIG SET maxmemory 77"] = b"OK"

    inside.limit_memory(ADDRESS, 77)


def test_time_is_in_seconds(server):
    server["TIME"] = [b"1700000000", b"250000"]

    assert inside.now_s(ADDRESS) == 1_700_000_000.25


def test_time_of_a_sentinel_is_among_its_facts(server):
    server["TIME"] = ErrorReply("ERR unknown command")
    server["INFO server"] = b"server_time_usec:1700000000250000\r\n"

    assert inside.now_s(ADDRESS) == 1_700_000_000.25


@pytest.mark.parametrize("text", ["NOAUTH Authentication required.", "NOPERM no permissions"])
def test_server_that_wants_a_login_is_told(server, text):
    server["INFO memory"] = ErrorReply(text)

    with pytest.raises(NotAllowed, match=r"127.0.0.1:6379 wants a login for INFO"):
        inside.memory(ADDRESS)


@pytest.mark.parametrize(
    "answer", [ErrorReply("ERR max number of clients reached"), OSError("refused")]
)
def test_server_that_does_not_answer_is_unreachable(server, answer):
    server["INFO memory"] = answer

    with pytest.raises(TargetUnreachable, match=r"^127.0.0.1:6379"):
        inside.memory(ADDRESS)
