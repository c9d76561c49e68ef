"""A spoiled file: what is done to the server and in which order, and when what is there may stay."""

import pytest

from chaos_ext.data import kept
from chaos_ext.data.corrupt import Corrupt
from chaos_ext.errors import BadArgument, NotAllowed

from .conftest import CONTENT


@pytest.fixture
def fault(server, paths):
    return Corrupt(server, paths=paths, what="log")


@pytest.fixture
def landed(fault):
    fault.inject()
    return fault.landed()


def anew(fault, **settings):
    """The same fault, made by somebody else from the ledger."""
    return Corrupt(fault.target, paths=fault.paths, what="log", **settings)


def test_look_says_which_file_it_is_and_where_it_is_kept(fault, server):
    told = fault.look()

    assert told == {"file": "log", "kept": str(server.folder.parent / "kept-0a1b2c3d")}
    assert server.done == []


def test_server_is_down_before_it_is_spoiled_and_started_after(fault, server, landed):
    assert server.done == ["send SIGTERM", "start"]
    assert landed["server"] == "refuses to start"
    assert landed["said"] == "Bad file format"
    assert (landed["first_byte"], landed["bytes_changed"]) == (120, 16)


def test_nothing_is_spoiled_while_the_server_is_still_ending(fault, server):
    fault.inject()
    server.alive = True

    assert fault.landed() is None
    assert (server.folder / "log").read_bytes() == CONTENT


def test_healing_puts_the_file_back_and_removes_the_copy(fault, server, landed):
    fault.heal()

    assert (server.folder / "log").read_bytes() == CONTENT
    assert fault.healed()
    assert kept.beside(server.folder) == []
    assert server.done[-2:] == ["stop SIGKILL", "start"]  # it need not write anything


def test_fault_healed_twice_is_healed_once(fault, server, landed):
    for _ in range(2):
        fault.heal()
        assert fault.healed()

    assert (server.folder / "log").read_bytes() == CONTENT


def test_fault_that_nobody_injected_is_healed_by_starting_the_server(fault, server):
    server.alive = False

    fault.heal()

    assert fault.healed()
    assert server.done == ["start"]


def test_fault_has_ended_when_somebody_put_the_bytes_back(fault, server, landed):
    assert fault.landed() == landed

    (server.folder / "log").write_bytes(CONTENT)

    assert fault.landed() is None


@pytest.mark.parametrize(
    ("told", "stays"),
    [
        ({}, False),
        ({"settled": True}, True),
        ({"restore": False}, True),
        ({"settled": True, "lives": False}, False),  # nobody will look at it any more
        ({"restore": False, "lives": False}, False),
    ],
)
def test_what_is_there_stays_when_it_may_and_somebody_looks_at_it(
    fault, server, landed, told, stays
):
    server.reads = lambda: True
    server.alive, server.lives = True, told.get("lives", True)
    if told.get("settled"):
        kept.beside(server.folder)[0].settle()
    healer = anew(fault, restore=told.get("restore", True))

    healer.heal()

    assert healer.healed()
    assert ((server.folder / "log").read_bytes() != CONTENT) is stays


def test_what_was_repaired_and_does_not_serve_is_put_back(fault, server, landed):
    kept.beside(server.folder)[0].settle()
    server.alive = False

    fault.heal()

    assert (server.folder / "log").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "why"),
    [({"owner": "attached"}, "may be the only copy"), ({"folder": ""}, "keeps no data")],
)
def test_look_refuses_what_is_not_ours(fault, paths, path, why):
    paths["redis-primary"] |= path

    with pytest.raises(NotAllowed, match=why):
        fault.look()


def test_look_refuses_what_cannot_be_started_again(fault, server):
    server.startable = False

    with pytest.raises(NotAllowed, match="nobody told how to start redis-1 again"):
        fault.look()


def test_more_bytes_than_there_are_are_refused_and_nothing_is_spoiled(fault, server):
    fault.bytes = 1000
    fault.inject()

    with pytest.raises(BadArgument, match="log has 256 bytes, too few for 1000 at middle"):
        fault.landed()

    fault.heal()
    assert fault.healed()
    assert (server.folder / "log").read_bytes() == CONTENT
