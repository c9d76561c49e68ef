"""A spoiled append-only file of a real server: what it does, what is repaired, and what comes back."""

import json
import os
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lease import identity, servers
from chaos_ext.lease.ledger import HEALED

from .labbed import PATIENCE_S, Labbed

KEYS = 200


@pytest.fixture
def rig(tmp_path):
    made = Labbed(tmp_path)
    for number in range(KEYS):
        made.ask("SET", f"key:{number}", number)
    yield made
    made.close()


def keys(rig):
    return rig.ask("DBSIZE")


def data(rig):
    return Path(rig.way()["folder"])


def left(rig):
    """What of ours is still beside the data."""
    return [each.name for each in data(rig).parent.glob("kept-*")]


def intact(rig):
    return systems.files("redis").examine(rig.way(), "append_only")[0]


def serves(rig):
    return world.wait_until(lambda: servers.serving(rig.server()), PATIENCE_S)


def alive_run(rig, run="run"):
    """A run in the ledger, whose runner is this test."""
    me = identity.of(os.getpid())
    rig.ledger.change(
        "insert into runs values (?,'','','running','','',?,?,?)",
        run,
        me.pid,
        me.start,
        me.boot,
    )


def test_flipped_bytes_keep_the_server_from_starting_and_healing_brings_all_back(rig):
    guarded = rig.guardian()
    lease = rig.lease("data.corrupt")
    assert intact(rig)

    landed = guarded.inject(lease)

    assert landed["server"] == "refuses to start"
    assert "Bad file format" in landed["said"]
    assert (landed["bytes_changed"], landed["bytes_missing"]) == (16, 0)
    assert landed["file"].endswith(".incr.aof")
    assert not intact(rig)
    assert guarded.heal("the run ended") == []
    assert keys(rig) == KEYS
    assert intact(rig)
    assert left(rig) == []
    assert guarded.heal("once more") == []


def test_file_cut_short_is_served_with_what_is_left_and_healing_brings_all_back(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("data.corrupt", how="truncate"))

    assert landed["server"] == "serves"
    assert landed["bytes_missing"] > 0
    assert 0 < keys(rig) < KEYS
    assert guarded.heal("the run ended") == []
    assert keys(rig) == KEYS


def test_file_that_is_deleted_comes_back(rig):
    guarded = rig.guardian()

    landed = guarded.inject(rig.lease("data.corrupt", how="delete"))

    assert landed["bytes_missing"] == landed["size"]
    assert guarded.heal("the run ended") == []
    assert keys(rig) == KEYS


def test_copy_is_listed_with_its_checksums_before_it_is_needed(rig):
    guarded = rig.guardian()
    lease = rig.lease("data.corrupt")
    landed = guarded.inject(lease)

    (settings,) = rig.ledger.rows("select settings from leases where id = ?", lease.id)
    before = json.loads(settings["settings"])["before"]

    listed = json.loads((Path(before["kept"]) / "list.json").read_text())["entries"]
    (entry,) = [each for each in listed if each["name"] == before["file"]]
    assert (before["file"], entry["size"]) == (landed["file"], landed["size"])
    assert len(entry["sha256"]) == 64


def test_data_is_put_back_from_the_ledger_alone_when_the_guardian_was_killed(rig):
    guarded = rig.guardian()
    lease = rig.lease("data.corrupt")
    guarded.inject(lease)
    rig.kill_guardian(guarded)

    assert rig.heal_alone() == []

    assert serves(rig)
    assert keys(rig) == KEYS
    assert rig.state(lease) == (HEALED, "swept")
    assert rig.heal_alone() == []
    assert left(rig) == []


def test_repaired_data_stays_with_its_loss_while_the_run_lives(rig):
    alive_run(rig)
    guarded = rig.guardian()
    guarded.inject(rig.lease("data.corrupt"))

    repaired = guarded.inject(rig.lease("data.repair"))

    assert "Successfully truncated" in repaired["said"]
    found = keys(rig)
    assert 0 < found < KEYS
    rig.ask("SET", "afterwards", 1)
    assert guarded.heal("the run ended") == []
    assert keys(rig) == found + 1
    assert intact(rig)
    assert left(rig) == []


def test_repaired_data_is_put_back_when_the_run_has_died(rig):
    guarded = rig.guardian()
    guarded.inject(rig.lease("data.corrupt"))
    guarded.inject(rig.lease("data.repair"))
    assert keys(rig) < KEYS

    rig.kill_guardian(guarded)

    assert rig.heal_alone() == []
    assert serves(rig)
    assert keys(rig) == KEYS


@pytest.mark.parametrize("restore", [True, False])
def test_data_that_the_server_serves_by_itself_stays_only_where_that_is_asked_for(rig, restore):
    alive_run(rig)
    guarded = rig.guardian()
    guarded.inject(rig.lease("data.corrupt", how="truncate", restore=restore))
    found = keys(rig)

    assert guarded.heal("the run ended") == []

    assert keys(rig) == (KEYS if restore else found)
    assert left(rig) == []


def test_repair_refuses_what_runs_and_what_was_not_spoiled(rig):
    guarded = rig.guardian()

    with pytest.raises(NotAllowed, match="redis-1 runs, so its data is in use"):
        guarded.inject(rig.lease("data.repair"))

    rig.kill()
    with pytest.raises(NotAllowed, match=r"nothing of redis-1 was spoiled by data\.corrupt"):
        guarded.inject(rig.lease("data.repair"))


def test_corrupt_refuses_what_it_could_not_undo(rig):
    guarded, who = rig.guardian(), rig.server().identity
    theirs = {"redis-1": {**rig.way(), "owner": "attached"}}
    nothing = {"redis-1": {**rig.way(), "folder": ""}}

    for paths, why in ((theirs, "may be the only copy"), (nothing, "keeps no data")):
        with pytest.raises(NotAllowed, match=why):
            guarded.inject(rig.lease("data.corrupt", paths=paths))

    assert rig.server().identity == who
    assert who.same()
    assert rig.ledger.leases() == []


def test_fault_that_cannot_be_done_leaves_the_server_serving(rig):
    guarded = rig.guardian()

    with pytest.raises(BadArgument, match="too few for 16 at 99999999"):
        guarded.inject(rig.lease("data.corrupt", at="99999999"))

    assert serves(rig)
    assert keys(rig) == KEYS
    assert left(rig) == []
