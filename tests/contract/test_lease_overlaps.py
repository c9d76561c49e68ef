"""Two faults of one kind on one server at once: the one that ends last must not put back the first one's harm."""

from functools import partial

import pytest

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import NotAllowed

from .labbed import Labbed
from .starving import MB, Starved, number, open_limit

PATIENCE_S = 15


@pytest.fixture
def rig(tmp_path):
    made = Starved(tmp_path)
    yield made
    made.close()


@pytest.fixture
def data_rig(tmp_path):
    made = Labbed(tmp_path)
    for count in range(200):
        made.ask("SET", f"key:{count}", count)
    yield made
    made.close()


def refused_meanwhile(rig, first, second):
    """What was said of *second*, asked for while *first* was in place; both are over afterwards."""
    guarded, refused = rig.guardian(), ""
    guarded.inject(first())
    try:
        guarded.inject(second())
    except NotAllowed as error:
        refused = str(error)
    assert world.wait_until(lambda: not rig.ledger.leases(), PATIENCE_S)
    return refused


def test_limit_of_files_is_as_it_was_after_two_faults_at_once(rig):
    server = rig.redis()
    before = open_limit(server.identity.pid)
    first = partial(rig.starving, server, "files", left=6, for_s=1.5)
    second = partial(rig.starving, server, "files", left=3, for_s=3)

    refused = refused_meanwhile(rig, first, second)

    assert open_limit(server.identity.pid) == before
    assert "in hand already" in refused


def test_memory_of_the_server_is_as_it_was_after_two_faults_at_once(rig):
    server = rig.redis(maxmemory=100 * MB)
    first = partial(rig.starving, server, "memory", headroom_mb=6, by="server", for_s=1.5)
    second = partial(rig.starving, server, "memory", headroom_mb=3, by="server", for_s=3)

    refused = refused_meanwhile(rig, first, second)

    assert number(server, "CONFIG GET maxmemory") == 100 * MB
    assert "in hand already" in refused


def test_data_is_whole_after_two_faults_at_once(data_rig):
    rig = data_rig
    first = partial(rig.lease, "data.corrupt", how="truncate", for_s=2)
    second = partial(rig.lease, "data.corrupt", how="truncate", at="end", for_s=5)

    refused = refused_meanwhile(rig, first, second)

    assert systems.files("redis").examine(rig.way(), "append_only")[0]
    assert rig.ask("DBSIZE") == 200
    assert "in hand already" in refused


def test_deleted_keys_are_back_after_the_files_were_spoiled_meanwhile(data_rig):
    rig = data_rig
    first = partial(rig.lease, "data.delete_keys", match="key:1*", count_max=200, for_s=2)
    second = partial(rig.lease, "data.corrupt", how="truncate", for_s=5)

    refused = refused_meanwhile(rig, first, second)

    assert rig.ask("DBSIZE") == 200
    assert "in hand already" in refused
