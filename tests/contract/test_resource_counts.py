"""Files, connections and processes of a real server are counted, and there are no more than those that are left."""

import socket
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import NotAllowed

from .starving import Starved, asked, groups_of, hogs_of, needs, open_limit

PATIENCE_S = 10


@pytest.fixture
def rig(tmp_path):
    made = Starved(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(rig):
    """One with few connections to use up."""
    return rig.redis(maxclients=40)


# -- files ----------------------------------------------------------------------------------


def test_files_that_are_left_can_be_opened_and_no_more(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "files", left=0)
    before = open_limit(server.identity.pid)

    landed = guarded.inject(lease)

    assert landed["unserved"] == 1
    assert open_limit(server.identity.pid) == (landed["limit"], before[1])
    assert asked(server, "PING") == ""
    guarded.heal("now")
    assert open_limit(server.identity.pid) == before
    assert asked(server, "PING") == "+PONG\r\n"


# -- connections ----------------------------------------------------------------------------


def test_connections_are_used_up_by_real_ones(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "connections")

    landed = guarded.inject(lease)

    assert landed["held"] == 40
    assert "max number of clients" in asked(server) or asked(server, "PING") == ""
    assert hogs_of(lease)
    guarded.heal("now")
    assert hogs_of(lease) == []
    assert asked(server, "PING") == "+PONG\r\n"


def test_connections_that_others_leave_are_taken_as_well(rig, server):
    guest = socket.create_connection(server.spec["listen"])
    guarded, lease = rig.guardian(), rig.starving(server, "connections")
    assert guarded.inject(lease)["held"] == 39

    guest.close()

    (pid,) = hogs_of(lease)
    assert world.wait_until(lambda: len(_sockets(pid)) == 40, PATIENCE_S)
    assert world.wait_until(lambda: "PONG" not in asked(server, "PING"), PATIENCE_S)


def _sockets(pid):
    names = (str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir())
    return [name for name in names if name.startswith("socket:")]


def test_connections_are_refused_when_we_may_not_open_as_many(rig):
    server = rig.redis(maxclients=1)

    with pytest.raises(NotAllowed, match=r"has \d+ connections left as it is"):
        rig.guardian().inject(rig.starving(server, "connections", left=50))

    assert rig.open_leases() == []


# -- processes ------------------------------------------------------------------------------


@needs("pids")
def test_processes_are_counted_and_no_more_can_be_started(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "processes", left=0)

    landed = guarded.inject(lease)

    (group,) = groups_of(lease)
    assert (group / "pids.max").read_text() == (group / "pids.current").read_text()
    assert landed["started"] == 0
    asked(server, "SET a b")
    assert "ERR" in asked(server, "BGSAVE") or "can't" in asked(server, "BGSAVE").lower()
    assert guarded.heal("now") == []
