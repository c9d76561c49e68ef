"""Whole runs whose network fault is ended from outside, or loses its holder: what the verdict says."""

import os
import signal
import sqlite3
from contextlib import closing, contextmanager

import pytest
import redis

from chaos_ext import world
from chaos_ext.network import nft
from chaos_ext.network.client import Server

from .hosting import Place, call, experiment, guarded
from .packets import NEEDS_ROOT

PATIENCE_S = 20
FREE_S_MAX = 2
PROXIED = {"systems": {"redis": {"proxied": True}}}
RUNS = {"type": "probe", "name": "a node runs", "tolerance": True,
        "provider": call("is_running", "chaos_ext.process.probes", target="sentinel-1")}  # fmt: skip


def network(func, target, for_s, **arguments):
    """A fault of the network, in place until its time is over."""
    provider = call(func, "chaos_ext.network.actions", target=target, for_s=for_s, **arguments)
    return {"type": "action", "name": func, "provider": provider, "pauses": {"after": for_s}}


def hurting(*method, **settings):
    """An experiment in a proxied lab."""
    return guarded(experiment(method, probes=[RUNS]), **{**PROXIED, **settings})


@contextmanager
def proxied_lab(folder):
    """A place where a proxied lab stands until it is left."""
    place = Place(folder)
    up = place.call("lab", "up", "redis", "--proxied")
    assert up.code == 0, up.said
    try:
        yield place
    finally:
        down = place.call("lab", "down", "redis")
        assert down.code == 0, down.said


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with proxied_lab(tmp_path_factory.mktemp("standing")) as place:
        yield place


class Hurt:
    """A run with a fault in place, and what can be seen of it from outside."""

    def __init__(self, place, content):
        self.place = place
        self.going = place.start(content)
        self.going.wait_for(lambda run: run.events("fault"))
        (self.fault,) = self.going.events("fault")
        assert self.fault["state"] == "in_place", self.fault
        (up,) = self.going.events("environment_up")
        self.nodes = {node["node"]: node for node in up["nodes"]}
        self.server = Server(f"http://{self.nodes['proxy']['address']}")

    @property
    def table(self):
        return nft.PREFIX + self.fault["lease"]

    def is_free(self):
        """Whether neither the packet filter nor the proxy holds anything of it."""
        proxies = self.server.ask("GET", "/proxies").values()
        open_ = all(proxy["enabled"] and not proxy["toxics"] for proxy in proxies)
        return (
            self.table not in nft.tables()
            and open_
            and not self.server.ask("GET", "/chaos/leases")
        )

    def guardian(self):
        """The pid of the guardian."""
        row = "select g.pid from guardians g join runs r on r.token = g.run where r.pid = ?"
        with closing(
            sqlite3.connect(self.place.environ["CHAOS_STATE"] + "/ledger.db")
        ) as ledger:
            return ledger.execute(row, [self.going.process.pid]).fetchone()[0]


@pytest.fixture
def begin():
    """Begins a run and waits until its fault is in place; none goes on after the test."""
    made = []

    def make(place, *method, **settings):
        made.append(Hurt(place, hurting(*method, **settings)))
        return made[-1]

    yield make
    for each in made:
        if each.going.process.poll() is None:
            each.place.call("heal")
            each.going.ended()


FAULTS = [
    pytest.param(network("partition", "redis-1", 20), id="packets", marks=NEEDS_ROOT),
    pytest.param(network("latency", "redis-2", 20, ms=50), id="proxy"),
]


def primary(hurt):
    """The address of the primary, as a sentinel names it."""
    host, port = hurt.nodes["sentinel-1"]["address"].split(":")
    with closing(
        redis.Redis(host, int(port), socket_timeout=1, decode_responses=True)
    ) as sentinel:
        return "{}:{}".format(*sentinel.sentinel_get_master_addr_by_name("chaos"))


def test_node_that_was_hurt_is_healed_when_its_role_is_another_nodes_by_then(begin, standing):
    hurt = begin(standing, network("cut", "redis-primary", 20, silent=True))
    node = hurt.fault["node"]
    assert primary(hurt) == hurt.nodes[node]["address"]
    assert world.wait_until(
        lambda: primary(hurt) != hurt.nodes[node]["address"], PATIENCE_S, 0.1
    )

    assert standing.call("heal").code == 0

    assert hurt.is_free()
    run = hurt.going.ended()
    assert {event["node"] for event in run.events("fault")} == {node}
    host, port = hurt.nodes[node]["address"].split(":")
    with closing(
        redis.Redis(host, int(port), socket_timeout=1, decode_responses=True)
    ) as healed:
        assert healed.ping()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("word", ["heal", "abort"])
def test_run_is_healed_and_void_when_it_is_ended_from_another_terminal(
    begin, standing, fault, word
):
    hurt = begin(standing, fault)
    assert not hurt.is_free()

    ended = hurt.place.call(word)

    assert (ended.code, hurt.is_free()) == (0, True), ended.said
    run = hurt.going.ended()
    assert run.judged == ("void", 1)
    assert run.reason.startswith("aborted: ended from outside, by chaos abort or chaos heal")
    assert run.events("healed")[-1]["verified"]
    assert run.verdict["faults"][0]["state"] == "healed"


@pytest.mark.parametrize("fault", FAULTS)
def test_network_is_free_before_anybody_heals_when_runner_and_guardian_are_killed(
    begin, standing, fault
):
    hurt = begin(standing, fault)

    os.kill(hurt.guardian(), signal.SIGKILL)
    hurt.going.send(signal.SIGKILL)

    assert world.wait_until(hurt.is_free, FREE_S_MAX)
    hurt.going.ended()
    healed = hurt.place.call("heal")
    assert healed.code == 0, healed.said
    assert f"{fault['name']} on {fault['provider']['arguments']['target']}" in healed.out
    assert hurt.place.call("faults").out.strip() == "no fault is in place"


# -- who holds it is gone, or stands still, while the run goes on -------------------------------


@pytest.mark.parametrize(
    ("signals", "judged", "because"),
    [
        ([signal.SIGKILL], "dirty", "start the lab again"),
        ([signal.SIGSTOP], "dirty", "is the proxy stuck?"),
        ([signal.SIGSTOP, signal.SIGCONT], "void", "ended before its time"),
    ],
    ids=["killed", "frozen", "frozen for a while"],
)
def test_run_is_never_held_when_its_proxy_breaks_down(
    begin, tmp_path, signals, judged, because
):
    hurt = begin(Place(tmp_path), network("latency", "redis-2", 3, ms=50))
    proxy = hurt.nodes["proxy"]["pid"]

    for signum in signals:
        os.kill(proxy, signum)
        if signum == signal.SIGSTOP:
            world.wait_until(lambda: len(hurt.going.events("fault")) > 1, 1.5)

    run = hurt.going.ended()
    assert run.judged == (judged, 1)
    assert because in run.verdict["faults"][0]["detail"]


@NEEDS_ROOT
def test_run_says_so_when_its_guardian_stood_still_and_a_partition_lasted_too_long(
    begin, standing
):
    hurt = begin(standing, network("partition", "redis-2", 1))
    guardian = hurt.guardian()
    os.kill(guardian, signal.SIGSTOP)
    began = world.monotonic_ns()
    world.wait_until(lambda: world.monotonic_ns() - began > 3e9, PATIENCE_S)
    assert not hurt.is_free()

    os.kill(guardian, signal.SIGCONT)

    assert world.wait_until(hurt.is_free, FREE_S_MAX)
    run = hurt.going.ended()
    (told,) = run.verdict["faults"]
    assert told["in_place_s"] > 2.5
    assert "deadline, missed by 2." in told["detail"]


@NEEDS_ROOT
def test_run_leaves_the_partition_of_another_run_alone(begin, standing):
    own = {"redis": {"proxied": True, "down_after_ms": 2500}}  # a lab as nobody else has it
    other = begin(standing, network("partition", "redis-1", 20), systems=own)

    ours = standing.run(hurting(network("partition", "redis-1", 0.5)))

    assert ours.judged == ("held", 0)
    assert set(nft.tables()) >= {other.table}
    assert len(other.going.events("fault")) == 1
    assert standing.call("abort").code == 0
    assert other.going.ended().judged == ("void", 1)
    assert other.table not in nft.tables()
