"""Writes are read back from a real primary and a real replica."""

from chaos_ext import world
from chaos_ext.redis.readback import read_back, remove


def test_read_back_counts_the_replicas_when_they_have_caught_up(valkey):
    first = valkey("first")
    second = valkey("second", "--replicaof", f"{first.host} {first.port}")
    run = world.token()
    with first.client() as client:
        for seq in range(3):
            client.set(f"chaos_ext:{run}:{seq}", f"{run}:{seq}")
        client.set(f"chaos_ext:{run}:9", "never asked for")
        client.set("chaos_ext:another:1", "of another run")

        found = read_back(run, range(4), first.address, [second.address])
        removed = remove(run, first.address)

        assert found["complete"], found["detail"]
        assert found["primary"] == ["match", "match", "match", "missing"]
        assert found["replicas_with"] == [1, 1, 1, 0]
        assert found["replicas"] == [1, 1, 1, 1]
        assert found["unexpected"] == [f"chaos_ext:{run}:9"]
        assert removed == 4
        assert client.keys("*") == [b"chaos_ext:another:1"]


def test_read_back_reads_the_rest_when_a_replica_is_gone(valkey, nobody):
    first = valkey("first", "--requirepass", "hush")
    with first.client("hush") as client:
        client.set("chaos_ext:r1:0", "r1:0")

        found = read_back("r1", [0], first.address, [nobody], timeout_s=0.2, password="hush")

        assert found["primary"] == ["match"]
        assert found["replicas_with"] == [0]
        assert not found["complete"]
        assert f"{nobody[0]}:{nobody[1]} could not be read" in found["detail"]


def test_read_back_leaves_all_unread_when_the_password_is_wrong(valkey):
    first = valkey("first", "--requirepass", "hush")

    found = read_back("r1", [0], first.address, [], password="guess")

    assert found["primary"] == ["unread"]
    assert not found["complete"]
