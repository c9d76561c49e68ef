"""Two witnesses in a split brain: one follows the service, one stays with whom it knows."""

from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.history import compact
from chaos_ext.history.data import judge_data
from chaos_ext.history.rows import OK, WRITE, peer_text
from chaos_ext.lab.model import Lab, Node
from chaos_ext.redis import lab as redis_lab
from chaos_ext.redis import roles
from chaos_ext.witness.client import Witness, WitnessSettings

WAIT_S = 20
RUN = "r1"


@pytest.fixture
def lab(valkey):
    """A primary and its replica, which is a primary of its own soon, as a lab."""
    first = valkey("first")
    second = valkey("second", "--replicaof", f"{first.host} {first.port}")
    nodes = [
        Node(f"redis-{n}", "data", s.address, s.address)
        for n, s in enumerate((first, second), 1)
    ]
    made = Lab("split", "redis", "standing", Path(), "", tuple(nodes), {})
    assert world.wait_until(lambda: roles.replicas_online(first.address) == 1, WAIT_S)
    return made, first, second


@pytest.fixture
def watch(tmp_path):
    """Starts a witness; none is left behind."""
    started = []

    def start(target, **settings):
        config = WitnessSettings("redis", RUN, target, **settings)
        started.append(Witness.start(config, tmp_path))
        return started[-1]

    yield start
    for witness in started:
        witness.stop()


def acknowledged(folder, since_ns, *, stays):
    """How many writes a witness was told are kept, of those sent since then."""
    rows = compact.read_canary(folder, stays=stays)
    good = (rows["kind"] == WRITE) & (rows["outcome"] == OK) & (rows["sent_ns"] > since_ns)
    return int(good.sum())


def both_write(folder, since_ns):
    return all(acknowledged(folder, since_ns, stays=stays) > 5 for stays in (False, True))


def data(folder, made, witness):
    """What became of its writes, as the run's end would tell."""
    stays = bool(witness.settings.stays_with)
    rows = compact.read_canary(folder, stays=stays)
    seqs = rows["seq"][rows["kind"] == WRITE].tolist()
    found = redis_lab.read_back(made, witness.settings.keys_of, seqs, WAIT_S)
    return judge_data(rows, found, len(found["unexpected"]))


def test_staying_witness_writes_to_the_old_primary_when_the_other_follows_the_new_one(
    lab, watch, tmp_path
):
    made, first, second = lab
    staying = watch(redis_lab.target(made, "redis-primary"), stays_with="redis-primary")
    with second.client() as client:
        client.replicaof("NO", "ONE")
    following = watch({"primary": second.address})  # as a sentinel would tell it
    split_ns = world.monotonic_ns()

    assert world.wait_until(lambda: both_write(tmp_path, split_ns), WAIT_S)
    summaries = [witness.stop() for witness in (staying, following)]
    lost_at_most = acknowledged(tmp_path, 0, stays=True)
    with first.client() as client:
        client.replicaof(*second.address)  # the split is healed: what it took alone is gone
    in_sync = world.wait_until(lambda: roles.replicas_online(second.address) == 1, WAIT_S)

    assert in_sync
    assert all(summary["stopped"] for summary in summaries)
    of_following, of_staying = (data(tmp_path, made, each) for each in (following, staying))
    assert (of_following.lost, of_following.unexpected) == (0, 0)
    assert 5 < of_staying.lost <= lost_at_most
    assert (of_staying.unexpected, of_staying.unread) == (0, 0)
    peers = {peer_text(int(p)) for p in compact.read_canary(tmp_path, stays=True)["peer"] if p}
    assert peers == {f"{first.host}:{first.port}"}


def test_staying_witness_comes_back_to_the_same_server_when_it_was_restarted(
    lab, watch, tmp_path
):
    made, first, _ = lab
    witness = watch(redis_lab.target(made, "redis-1"), stays_with="redis-1")

    first.kill()
    dead_ns = world.monotonic_ns()
    first.start()
    up_ns = world.monotonic_ns()
    back = world.wait_until(lambda: acknowledged(tmp_path, up_ns, stays=True) > 0, WAIT_S)

    assert back
    assert witness.stop()["stopped"]
    rows = compact.read_canary(tmp_path, stays=True)
    assert (
        rows["outcome"][(rows["sent_ns"] > dead_ns) & (rows["sent_ns"] < up_ns)] != OK
    ).any()


def test_witnesses_share_no_file_and_no_key_when_they_watch_side_by_side(lab, watch, tmp_path):
    made, first, _ = lab
    began_ns = world.monotonic_ns()
    witnesses = [
        watch(redis_lab.target(made)),
        watch(redis_lab.target(made, "redis-primary"), stays_with="redis-primary"),
    ]
    assert world.wait_until(lambda: both_write(tmp_path, began_ns), WAIT_S)
    for witness in witnesses:
        witness.stop()

    found = [data(tmp_path, made, each) for each in witnesses]

    assert [(each.lost, each.unexpected, each.unread) for each in found] == [(0, 0, 0)] * 2
    assert {path.name for path in tmp_path.glob("canary*")} == {
        "canary.bin",
        "canary-stays.bin",
    }
    with first.client() as client:
        for left, each in zip((True, False), witnesses, strict=True):
            redis_lab.forget(made, each.settings.keys_of)
            assert bool(client.keys("chaos_ext:*")) is left


def test_target_to_stay_with_is_the_node_that_a_role_is_now(lab):
    made, first, second = lab

    primary = redis_lab.target(made, "redis-primary")
    with second.client() as client, first.client() as other:
        client.replicaof("NO", "ONE")
        other.replicaof(*second.address)
    turned = world.wait_until(lambda: roles.replicas_online(second.address) == 1, WAIT_S)

    assert turned
    told = {"primary": list(first.address), "node": "redis-1"}
    assert primary == {**told, "key_ttl_s": 3600}
    assert redis_lab.target(made, "redis-primary")["node"] == "redis-2"
    assert redis_lab.target(made, "redis-1") == primary


def test_target_to_stay_with_is_refused_when_it_keeps_no_data(nobody):
    nodes = (Node("sentinel-1", "sentinel", nobody, nobody),)
    made = Lab("split", "redis", "run", Path(), "", nodes, {})

    with pytest.raises(BadArgument, match="sentinel-1, which keeps no data"):
        redis_lab.target(made, "sentinel-1")
    with pytest.raises(TargetUnreachable, match="nobody can name the primary"):
        redis_lab.target(made, "redis-primary")
