"""What was written is told apart from what is missing, changed, or could not be read."""

from contextlib import nullcontext
from fnmatch import fnmatchcase

import pytest
import redis

from chaos_ext.errors import BadArgument
from chaos_ext.redis import readback

PRIMARY, REPLICA = ("127.1.2.1", 6379), ("127.1.2.2", 6379)


class FakeServer:
    def __init__(self, kept, offset=100, replid="one"):
        self.kept = {f"chaos_ext:r1:{seq}".encode(): value for seq, value in kept.items()}
        self.offset = offset
        self.replid = replid

    def info(self, _section):
        return {
            "master_replid": self.replid,
            "master_repl_offset": self.offset,
            "slave_repl_offset": self.offset,
            "master_link_status": "up",
        }

    def mget(self, keys):
        return [self.kept.get(key) for key in keys]

    def scan_iter(self, match, count):
        assert count > 0
        found = [key for key in self.kept if fnmatchcase(key, match)]
        return iter([*found, *found])  # a scan may name a key twice

    def unlink(self, *keys):
        return sum(self.kept.pop(key, None) is not None for key in keys)


class Gone(FakeServer):
    def mget(self, keys):
        raise redis.ConnectionError("gone")


@pytest.fixture
def servers(monkeypatch):
    known = {}
    monkeypatch.setattr(
        readback._Server, "connect", lambda server: nullcontext(known[server.address])
    )
    return known


def test_read_back_tells_where_each_write_is_when_all_servers_answer(servers):
    servers[PRIMARY] = FakeServer({0: b"r1:0", 1: b"r1:9", 7: b"r1:7"})
    servers[REPLICA] = FakeServer({0: b"r1:0"})

    found = readback.read_back("r1", [0, 1, 2], PRIMARY, [REPLICA])

    assert found["primary"] == ["match", "other", "missing"]
    assert found["replicas_with"] == [1, 0, 0]
    assert found["replicas"] == [1, 1, 1]
    assert found["unexpected"] == ["chaos_ext:r1:7"]
    assert found["complete"]


def test_read_back_expects_the_keys_of_the_load_when_it_looks_for_unexpected_ones(servers):
    servers[PRIMARY] = FakeServer({0: b"r1:0"})
    servers[PRIMARY].kept[b"chaos_ext:r1:load:3"] = b"x"

    found = readback.read_back("r1", [0], PRIMARY, [])

    assert found["unexpected"] == []
    assert found["complete"]


def test_read_back_says_unread_when_the_primary_does_not_answer(servers):
    servers[PRIMARY] = Gone({0: b"r1:0"})

    found = readback.read_back("r1", [0, 1], PRIMARY, [])

    assert found["primary"] == ["unread", "unread"]
    assert found["replicas_with"] == [0, 0]
    assert not found["complete"]
    assert "127.1.2.1:6379 could not be read: gone" in found["detail"]


@pytest.mark.parametrize(
    "behind", [FakeServer({}, offset=99), FakeServer({}, offset=500, replid="another")]
)
def test_read_back_is_incomplete_when_a_replica_does_not_catch_up(servers, behind):
    servers[PRIMARY] = FakeServer({0: b"r1:0"})
    servers[REPLICA] = behind

    found = readback.read_back("r1", [0], PRIMARY, [REPLICA], timeout_s=0.01)

    assert not found["complete"]
    assert "replica 127.1.2.2:6379 did not catch up" in found["detail"]


def test_read_back_leaves_the_rest_unread_when_time_is_up(servers):
    servers[PRIMARY] = FakeServer({0: b"r1:0"})

    found = readback.read_back("r1", [0], PRIMARY, [], timeout_s=-1)

    assert found["primary"] == ["unread"]
    assert "only 0 of 1 writes in time" in found["detail"]


def test_remove_deletes_every_key_of_the_run_when_there_are_several_batches(servers):
    servers[PRIMARY] = FakeServer(dict.fromkeys(range(readback._BATCH + 1), b"x"))

    removed = readback.remove("r1", PRIMARY)

    assert removed == readback._BATCH + 1
    assert servers[PRIMARY].kept == {}


def test_remove_refuses_when_the_run_could_match_keys_of_others(servers):
    servers[PRIMARY] = FakeServer({0: b"r1:0"})

    with pytest.raises(BadArgument, match="no name of a run"):
        readback.remove("r*", PRIMARY)

    assert len(servers[PRIMARY].kept) == 1
