"""A server is healed when its own process serves and goes on serving; a listener is not enough."""

import signal
import socket
from contextlib import suppress
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.environment import read
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries, native
from chaos_ext.lease import servers, sockets, sweep
from chaos_ext.lease.ledger import HEALED, UNHEALED
from chaos_ext.redis import lab as redis_lab

from .leasing import PATIENCE_S, Rig, runs

ENDS = pytest.mark.parametrize("fault", ["kill", "terminate"])
PONG = {"send": "PING\r\n", "expect": "+PONG"}


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def replica(rig):
    """The replica of a real lab, and the files that it reads at its start."""
    try:
        binaries.find(redis_lab.BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    settings = {**read.load("native").systems["redis"], "replicas": 1, "sentinels": 0}
    lab = native.start(rig.ledger, "redis", settings)
    data = sorted((lab.folder / "redis-2").rglob("*.aof")) + sorted(
        (lab.folder / "redis-2").rglob("*.rdb")
    )
    yield rig.ledger.server(lab.key("redis-2")), data
    native.stop(rig.ledger, lab.id)


@pytest.mark.parametrize(
    ("says", "serves"), [("+PONG\r\n", True), ("-LOADING it reads\r\n", False)]
)
def test_server_serves_when_it_answers_as_its_spec_expects(rig, says, serves):
    server = rig.speaker(says)
    asked = replace(server, spec={**server.spec, "alive": PONG})

    assert servers.serving(server)
    assert servers.serving(asked) == serves


def test_server_does_not_serve_when_it_accepts_and_says_nothing(rig):
    server = rig.speaker("")
    asked = replace(server, spec={**server.spec, "alive": PONG})

    assert not servers.serving(asked)


def test_server_does_not_serve_when_a_stranger_holds_its_address(rig):
    server, other = rig.server(), rig.server("two")
    moved = replace(server, spec={**server.spec, "listen": other.spec["listen"]})

    assert sockets.accepts(*other.spec["listen"])
    assert not servers.serving(moved)


@ENDS
def test_fault_is_not_healed_when_the_server_listens_and_ends_again(rig, fault):
    server, guarded = rig.speaker("+PONG\r\n", PONG), rig.guardian()
    lease = rig.lease(server, fault)
    guarded.inject(lease)
    rig.damage.touch()

    left = guarded.heal("now")

    assert len(left) == 1
    assert "one (pid " in left[0]
    assert "has ended again; see its log" in left[0]
    assert rig.state(lease)[0] == UNHEALED
    assert [kept.id for kept in rig.open_leases()] == [lease.id]


def test_restart_is_told_as_unhealed_when_the_server_ends_again(rig):
    server, guarded = rig.speaker("+PONG\r\n", PONG), rig.guardian()
    lease = rig.lease(server, "restart")
    rig.damage.touch()

    guarded.inject(lease)

    assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)
    assert rig.heard(lease)["state"] == UNHEALED


def test_fault_is_not_healed_when_a_stranger_has_taken_the_address(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)

    with suppress(OSError), socket.create_server(tuple(server.spec["listen"])):
        assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)

    assert rig.heard(lease)["state"] == UNHEALED
    assert rig.heard(lease)["early"]
    assert "somebody else listens at" in rig.heard(lease)["detail"]


def test_fault_is_not_healed_any_more_when_the_server_ends_before_the_run_does(rig):
    server, guarded = rig.server(), rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)
    assert guarded.heal("the method is over") == []
    again = rig.now(server)
    again.identity.send(signal.SIGKILL)
    assert again.identity.wait(PATIENCE_S)

    left = guarded.heal("the run ended", last=True)

    assert left == ["chaos_ext.process.kill on one: one was brought back, and serves no more"]
    assert rig.state(lease)[0] == UNHEALED


def test_sweep_leaves_a_lease_open_when_the_server_ends_again(rig):
    server, guarded = rig.speaker("+PONG\r\n", PONG), rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)
    rig.kill_guardian(guarded)
    rig.damage.touch()

    left = sweep.sweep(rig.ledger).left

    assert len(left) == 1
    assert "has ended again" in left[0]
    assert rig.state(lease)[0] == UNHEALED


def test_fault_is_healed_when_a_real_server_answers_again(rig, replica):
    server, guarded = replica[0], rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)

    left = guarded.heal("now")

    assert left == []
    assert runs(rig.now(server))
    assert rig.state(lease) == (HEALED, "now")


def test_fault_is_not_healed_when_a_real_server_cannot_read_its_data(rig, replica):
    (server, data), guarded = replica, rig.guardian()
    lease = rig.lease(server, "kill")
    guarded.inject(lease)
    for file in data:
        file.write_bytes(b"no data of any server")

    left = guarded.heal("now")

    assert len(left) == 1
    assert "redis-2 (pid " in left[0]
    assert "has ended again" in left[0]
    assert rig.state(lease)[0] == UNHEALED
