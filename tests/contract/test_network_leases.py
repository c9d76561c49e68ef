"""A network fault in the hands of a real guardian: it holds it, and nothing stays when it is killed."""

import threading
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.lease import client, session, sweep
from chaos_ext.lease.ledger import HEALED, Lease, Server
from chaos_ext.network import probes

from .leasing import Rig
from .proxied import PATIENCE_S, proxied  # noqa: F401 - a fixture


@pytest.fixture
def rig(tmp_path):
    folder = tmp_path / "rig"
    folder.mkdir()
    made = Rig(folder)
    yield made
    made.close()


@pytest.fixture
def way(proxied):  # noqa: F811 - the fixture above
    return proxied()


@pytest.fixture
def lease(rig, way):
    """A lease on the server behind the proxy, of a run whose runner is this test."""

    def make(fault, *, for_s=60, run="run", **settings):
        who = way.identity
        rig.ledger.put_server(Server("toy/redis-1", "toy", "redis-1", {}, who))
        return Lease(
            world.token(), run, f"chaos_ext.network.{fault}", way.name, way.node,
            "toy/redis-1", who, {**settings, "paths": way.paths},
            world.boottime_ns() + int(for_s * 1e9),
        )  # fmt: skip

    return make


def test_guardian_injects_holds_and_heals(rig, way, lease):
    guarded, asked = rig.guardian(), lease("latency", ms=100)

    landed = guarded.inject(asked)

    assert landed["asked_ms"] == 100
    assert landed["ms"] >= 100
    assert way.ping_ms() >= 100
    assert guarded.heal("now") == []
    assert way.undisturbed()
    assert rig.state(asked)[0] == HEALED


def test_guardian_is_waited_for_while_a_fault_takes_long_to_show(rig, way, lease, monkeypatch):
    monkeypatch.setattr(client, "ANSWER_S_MAX", 1.5)
    guarded, asked = rig.guardian(), lease("latency", ms=4000)

    landed = guarded.inject(asked)

    assert landed["ms"] > 4000
    assert not guarded.gone.is_set()


def test_fault_lasts_as_long_as_asked_when_it_had_to_wait_for_another(rig, lease):
    guarded = rig.guardian()
    slow, other = lease("slow_close", delay_ms=1500), lease("latency", ms=50, for_s=1)
    first = threading.Thread(target=guarded.inject, args=(slow,))
    first.start()
    assert world.wait_until(rig.open_leases, PATIENCE_S)

    guarded.inject(replace(other, deadline_ns=world.boottime_ns() + 1_000_000_000))
    in_place_ns = world.monotonic_ns()
    first.join()

    assert world.wait_until(lambda: rig.heard(other), PATIENCE_S)
    assert rig.heard(other)["mono_ns"] - in_place_ns > 500_000_000


def _without_a_toxic(way, asked):
    way.server.ask("DELETE", f"/proxies/{way.node}/toxics/{asked.id}-1")


def _made_anew(way, _asked):
    way.server.ask("DELETE", f"/proxies/{way.node}")
    addresses = {"listen": way.path["service"], "upstream": way.path["bind"]}
    told = {key: "{}:{}".format(*address) for key, address in addresses.items()}
    way.server.ask("POST", "/proxies", {"name": way.node, **told})


@pytest.mark.parametrize("spoil", [_without_a_toxic, _made_anew])
def test_guardian_tells_when_somebody_takes_the_fault_away_while_its_lease_stays(
    rig, way, lease, spoil
):
    guarded, asked = rig.guardian(), lease("latency", ms=50, stream="both")
    guarded.inject(asked)

    spoil(way, asked)

    assert world.wait_until(lambda: rig.heard(asked), PATIENCE_S)
    assert (rig.heard(asked)["state"], rig.heard(asked)["early"]) == ("healed", True)
    assert rig.heard(asked)["detail"] == "ended before its time"


def test_guardian_heals_at_the_deadline(rig, way, lease):
    guarded, asked = rig.guardian(), lease("cut", for_s=0.5)

    guarded.inject(asked)

    assert world.wait_until(lambda: rig.heard(asked), PATIENCE_S)
    assert (rig.heard(asked)["state"], rig.heard(asked)["early"]) == ("healed", False)
    assert way.undisturbed()


@pytest.mark.parametrize(
    ("fault", "settings"),
    [("latency", {"ms": 50}), ("cut", {}), ("flap", {"up_s": 0.2, "down_s": 0.2})],
)
def test_proxy_lets_go_by_itself_when_the_guardian_is_killed(rig, way, lease, fault, settings):
    guarded, asked = rig.guardian(), lease(fault, **settings)
    guarded.inject(asked)

    rig.kill_guardian(guarded)

    assert world.wait_until(lambda: way.server.ask("GET", "/chaos/leases") == {}, PATIENCE_S)
    assert way.undisturbed()
    swept = sweep.sweep(rig.ledger)
    assert swept.left == []
    assert rig.state(asked)[0] == HEALED


def test_guardian_tells_when_somebody_else_ended_the_fault(rig, way, lease):
    guarded, asked = rig.guardian(), lease("latency", ms=20)
    guarded.inject(asked)

    way.server.ask("DELETE", f"/chaos/leases/{asked.id}")

    assert world.wait_until(lambda: rig.heard(asked), PATIENCE_S)
    assert (rig.heard(asked)["state"], rig.heard(asked)["early"]) == ("healed", True)


def test_momentary_reset_is_over_at_once(rig, way, lease):
    guarded, asked = rig.guardian(), lease("reset")

    with way.client() as door:
        door.sendall(b"PING\r\n")
        assert door.recv(7)
        landed = guarded.inject(asked)
        with pytest.raises(ConnectionResetError):
            door.recv(1)

    assert landed["reset"] == 1
    assert rig.state(asked)[0] == HEALED
    assert way.server.ask("GET", "/chaos/leases") == {}


def test_fault_without_a_proxy_is_refused_before_anything_is_written_down(rig, way, lease):
    way.path["proxy"] = None
    guarded = rig.guardian()

    with pytest.raises(BadArgument, match="no proxy is in front of redis-1"):
        guarded.inject(lease("latency"))

    assert rig.ledger.rows("select * from leases") == []


class Conductor:
    """Knows one way."""

    def __init__(self, path):
        self.known = path

    def path(self, _target):
        return self.known


def test_probes_ask_as_clients_do(rig, way, lease):
    session.begin(Conductor(way.path))
    try:
        before_ms, reachable = probes.rtt_ms("redis-primary"), probes.reachable("redis-1")
        rig.guardian().inject(lease("latency", ms=100))
        during_ms, facts = probes.rtt_ms("redis-primary"), probes.proxied("redis-1")
    finally:
        session.end()

    assert reachable
    assert before_ms < during_ms
    assert during_ms >= 100
    assert facts["enabled"]
    assert [each["type"] for each in facts["toxics"]] == ["latency"]


def test_probe_says_unreachable_when_the_way_is_cut(rig, way, lease):
    session.begin(Conductor(way.path))
    try:
        rig.guardian().inject(lease("cut"))
        reachable = probes.reachable("redis-1")
    finally:
        session.end()

    assert not reachable
