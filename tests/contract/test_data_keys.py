"""Keys that are deleted from a real server come back as they were, but where somebody wrote them again."""

from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lease import servers, state
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import HEALED
from chaos_ext.redis.keys import Keys
from chaos_ext.redis.wire import ErrorReply

from .labbed import PATIENCE_S, Labbed

VALUES = {
    b"a:text": ("SET", "plain"),
    b"a:list": ("RPUSH", "c", "a", "b"),
    b"a:set": ("SADD", *(f"member {number}" for number in range(600))),
    b"a:hash": ("HSET", *(f"{part} {number}" for number in range(600) for part in ("f", "v"))),
    b"a:sorted": ("ZADD", 2, "two", 1, "one"),
    b"a:stream": ("XADD", "1-1", "field", "value"),
}
LIVES_MS = 600_000


@pytest.fixture
def rig(tmp_path):
    made = Labbed(tmp_path)
    for key, (word, *rest) in VALUES.items():
        assert not isinstance(made.ask(word, key, *rest), ErrorReply)
    made.ask("PEXPIRE", "a:text", LIVES_MS)
    made.ask("SET", "b:other", "stays")
    yield made
    made.close()


def digests(rig):
    with Keys(rig.way()["bind"]) as keys:
        return dict(zip(VALUES, keys.digests(list(VALUES)), strict=True))


def kept(rig):
    """What of ours is still on disk."""
    beside = Path(rig.way()["folder"]).parent
    return [*state.state_folder().glob("kept-*"), *beside.glob("kept-*")]


def count(rig):
    return rig.ask("EXISTS", *VALUES)


def test_keys_of_every_kind_are_gone_and_come_back_with_their_time(rig):
    guarded, before = rig.guardian(), digests(rig)

    landed = guarded.inject(rig.lease("data.delete_keys", match="a:*"))

    assert landed == {"deleted": len(VALUES), "written_again": 0, "ms": landed["ms"]}
    assert count(rig) == 0
    assert rig.ask("GET", "b:other") == b"stays"
    assert guarded.heal("the run ended") == []
    assert digests(rig) == before
    assert 0 < rig.ask("PTTL", "a:text") < LIVES_MS
    assert rig.ask("PTTL", "a:list") == -1
    assert kept(rig) == []
    assert guarded.heal("once more") == []


def test_keys_come_back_from_the_ledger_alone_when_the_guardian_was_killed(rig):
    guarded, before = rig.guardian(), digests(rig)
    lease = rig.lease("data.delete_keys", match="a:*")
    guarded.inject(lease)
    rig.kill_guardian(guarded)

    assert rig.heal_alone() == []

    assert digests(rig) == before
    assert rig.state(lease) == (HEALED, "swept")
    assert kept(rig) == []


def test_key_that_was_written_again_stays_as_it_is(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("data.delete_keys", match="a:*"))
    rig.ask("SET", "a:text", "newer")

    assert guarded.heal("the run ended") == []

    assert rig.ask("GET", "a:text") == b"newer"
    assert count(rig) == len(VALUES)


def test_key_whose_time_is_over_meanwhile_does_not_come_back(rig):
    guarded = rig.guardian()
    rig.ask("PEXPIRE", "a:text", 300)
    guarded.inject(rig.lease("data.delete_keys", match="a:text"))
    began_ns = world.boottime_ns()
    assert world.wait_until(lambda: world.boottime_ns() - began_ns > 4e8, PATIENCE_S)

    assert guarded.heal("the run ended") == []

    assert rig.ask("EXISTS", "a:text") == 0


def test_keys_come_back_when_the_server_was_killed_and_started_again(rig):
    guarded, before = rig.guardian(), digests(rig)
    guarded.inject(rig.lease("data.delete_keys", match="a:*"))
    guarded.inject(rig.lease("process.kill", for_s=0.3))
    assert world.wait_until(lambda: servers.serving(rig.server()), PATIENCE_S)

    assert guarded.heal("the run ended") == []

    assert digests(rig) == before


@pytest.mark.parametrize(
    ("match", "most", "error", "why"),
    [
        ("a:*", 5, NotAllowed, "more than 5 keys of redis-1 match 'a:\\*'"),
        ("c:*", 100, BadArgument, "no key of redis-1 matches 'c:\\*'"),
    ],
)
def test_too_many_keys_and_none_are_refused_and_nothing_is_deleted(
    rig, match, most, error, why
):
    guarded = rig.guardian()

    with pytest.raises(error, match=why):
        guarded.inject(rig.lease("data.delete_keys", match=match, count_max=most))

    assert count(rig) == len(VALUES)
    assert rig.ledger.leases() == []


def test_keys_that_change_while_they_are_taken_are_not_deleted(rig):
    with Keys(rig.way()["bind"]) as keys:
        taken = keys.read(list(VALUES))
        rig.ask("APPEND", "a:text", "more")

        assert keys.delete(taken) is None
        assert count(rig) == len(VALUES)
        again = [replace(taken[0], key=b"a:new"), taken[1]]
        assert keys.put_back(again, 0) == ["restored", "newer"]


def test_keys_of_a_server_elsewhere_come_back_from_the_ledger_alone(rig):
    before = digests(rig)
    theirs = {"redis-1": {**rig.way(), "owner": "attached", "folder": "", "program": ""}}
    plain = rig.lease("data.delete_keys", match="a:*", paths=theirs)
    guarded, elsewhere = (
        rig.guardian(),
        Identity(0, 0, ""),
    )  # as a run has it of a remote target
    guarded.inject(replace(plain, server="", identity=elsewhere))
    assert count(rig) == 0
    assert [each.parent for each in kept(rig)] == [state.state_folder()]
    rig.kill_guardian(guarded)

    assert rig.heal_alone() == []

    assert digests(rig) == before
    assert kept(rig) == []


def test_keys_come_back_to_a_server_that_the_same_sweep_starts_again(rig):
    rig.ask("CONFIG", "SET", "appendonly", "yes")
    guarded, before = rig.guardian(), digests(rig)
    deleted = rig.lease("data.delete_keys", match="a:*")
    guarded.inject(deleted)
    guarded.inject(rig.lease("process.kill"))
    rig.kill_guardian(guarded)

    assert rig.heal_alone() == []
    assert rig.state(deleted)[0] == HEALED
    assert digests(rig) == before
