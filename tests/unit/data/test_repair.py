"""A repair is done to a server that is down, and is what counts from then on."""

import pytest

from chaos_ext.data import kept
from chaos_ext.data.repair import Repair
from chaos_ext.errors import HealFailed, NotAllowed


@pytest.fixture
def spoiled(server):
    """The copy of a folder that was spoiled; the server refuses to start."""
    made = kept.Kept(server.folder, "one")
    made.take()
    server.alive, server.reads = False, lambda: True
    return made


@pytest.fixture
def repair(server, paths):
    return Repair(server, paths=paths, what="log")


def test_repair_starts_the_server_and_settles_what_is_kept(repair, server, spoiled):
    assert repair.look() == {"kept": [str(spoiled.place)]}
    repair.inject()

    assert repair.landed() == {"said": "repaired"}

    assert server.done == ["start"]
    assert spoiled.settled
    assert repair.momentary
    repair.heal()
    repair.heal()
    assert repair.healed()
    assert server.done == ["start"]


def test_repair_that_does_not_help_settles_nothing(repair, server, spoiled):
    server.reads = lambda: False
    repair.inject()

    with pytest.raises(HealFailed):
        repair.landed()

    assert not spoiled.settled


def test_repair_refuses_a_server_that_runs(repair, server, spoiled):
    server.alive = True

    with pytest.raises(NotAllowed, match="redis-1 runs, so its data is in use"):
        repair.look()


def test_repair_refuses_what_was_not_spoiled(repair, server):
    server.alive = False

    with pytest.raises(NotAllowed, match=r"nothing of redis-1 was spoiled by data\.corrupt"):
        repair.look()
