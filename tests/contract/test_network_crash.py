"""Faults of the network when whoever holds them is killed or stands still: nothing is left of them."""

import signal
import sys
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.lease import ending, identity
from chaos_ext.lease.ledger import HEALED, UNHEALED
from chaos_ext.network import nft
from chaos_ext.network.client import Server

from .leasing import PATIENCE_S, Rig, runs, still
from .packets import NEEDS_ROOT, passes

API_PORT = 8474
LATE_S_MAX = 1.0  # a lease may end this late while something else hangs
GONE_S_MAX = 1.0  # so soon is everything free when its holder is killed


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


class Fronted(Rig):
    """The same with a proxy in front of each of its servers."""

    def __init__(self, folder):
        super().__init__(folder)
        self.network = self.host.rpartition(".")[0]
        self.api = f"{self.network}.254"
        words = ["-m", "chaos_ext.proxy", "-host", self.api, "-port", str(API_PORT)]
        self.log = folder / "proxy.log"
        self.proxy = world.start_process([sys.executable, *words], log=self.log)
        self.toxiproxy = Server(f"http://{self.api}:{API_PORT}")
        assert world.wait_until(self.toxiproxy.listens, PATIENCE_S), self.log.read_text()

    def way(self, server):
        """The way to one of the servers, which nobody knows a question to ask."""
        host, port = server.spec["listen"]
        front = (f"{self.network}.253", port)
        told = {"listen": f"{front[0]}:{port}", "upstream": f"{host}:{port}"}
        if self.toxiproxy.find("GET", f"/proxies/{server.node}") is None:
            self.toxiproxy.ask("POST", "/proxies", {"name": server.node, **told})
        named = {"node": server.node, "system": "toy", "lab": "toy", "resolver": None}
        proxy = {"url": self.toxiproxy.url, "name": server.node}
        return {
            **named,
            "bind": [host, port],
            "service": list(front),
            "alive": None,
            "proxy": proxy,
        }

    def network_lease(self, server, fault, *, for_s=60, **settings):
        """A lease of a network fault on *server*."""
        plain = self.lease(server, "pause", for_s=for_s)
        settings["paths"] = {server.node: self.way(server)}
        return replace(plain, fault=f"chaos_ext.network.{fault}", settings=settings)

    def undisturbed(self):
        """Whether the proxy holds nothing."""
        proxies = self.toxiproxy.ask("GET", "/proxies").values()
        held = [each for each in proxies if each["toxics"] or not each["enabled"]]
        return not held and self.toxiproxy.ask("GET", "/chaos/leases") == {}

    def signal_proxy(self, signum):
        self.proxy.send_signal(signum)
        if signum == signal.SIGKILL:
            self.proxy.wait()

    def close(self):
        self.signal_proxy(signal.SIGCONT)
        super().close()
        self.signal_proxy(signal.SIGKILL)


@pytest.fixture
def fronted(tmp_path):
    made = Fronted(tmp_path)
    yield made
    made.close()


class Apart:
    """Two addresses, and the lease of a partition between them."""

    def __init__(self, rig):
        first, network = rig.server(), rig.host.rpartition(".")[0]
        self.here, self.there = (f"{network}.{number}" for number in (251, 252))
        plain = rig.lease(first, "pause")
        ways = {"one": self._way("one", self.here), "two": self._way("two", self.there)}
        settings = {"paths": ways, "groups": [["one"], ["two"]]}
        self.lease = replace(plain, fault="chaos_ext.network.partition", settings=settings)

    @staticmethod
    def _way(node, host):
        named = {"node": node, "system": "toy", "lab": "toy", "alive": None}
        return {
            **named,
            "bind": [host, 9],
            "service": [host, 9],
            "proxy": None,
            "resolver": None,
        }

    def lasting(self, for_s):
        """The lease, so long."""
        return replace(self.lease, deadline_ns=world.boottime_ns() + int(for_s * 1e9))

    def cut(self):
        return not passes(self.here, self.there)

    def table(self):
        return nft.PREFIX + self.lease.id


def late_s(lease):
    """How long its deadline is over."""
    return (world.boottime_ns() - lease.deadline_ns) / 1e9


# -- the holder is gone, or stands still ----------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "settings"), [("latency", {"ms": 100}), ("cut", {}), ("flap", {})]
)
def test_proxy_ends_a_fault_when_its_guardian_is_killed(fronted, fault, settings):
    guarded = fronted.guardian()
    lease = fronted.network_lease(fronted.server(), fault, **settings)
    guarded.inject(lease)
    assert not fronted.undisturbed()

    fronted.kill_guardian(guarded)

    assert world.wait_until(fronted.undisturbed, GONE_S_MAX)
    assert ending.heal_everything(fronted.ledger).left == []
    assert fronted.state(lease) == (HEALED, "swept")


@NEEDS_ROOT
def test_partition_outlasts_its_time_when_the_guardian_stands_still_and_is_healed_after(rig):
    apart, guarded = Apart(rig), rig.guardian()
    lease = apart.lasting(0.5)
    guarded.inject(lease)
    who = identity.of(guarded.pid)
    who.send(signal.SIGSTOP)
    assert world.wait_until(lambda: late_s(lease) > 2.5, PATIENCE_S)
    assert apart.cut()

    who.send(signal.SIGCONT)

    assert world.wait_until(lambda: not apart.cut(), GONE_S_MAX)
    assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)
    told = rig.heard(lease)
    assert (told["state"], told["early"]) == (HEALED, False)
    assert told["detail"].startswith("deadline, missed by 2.")


# -- the proxy is gone, or stands still -----------------------------------------------------


@pytest.fixture
def three(fronted):
    """The leases of three faults at one proxy, in place."""
    server, guarded = fronted.server(), fronted.guardian()
    faults = {"latency": {"ms": 20}, "bandwidth": {"kb_per_s": 500}, "slice": {}}
    leases = [fronted.network_lease(server, name, **said) for name, said in faults.items()]
    for lease in leases:
        guarded.inject(lease)
    return leases


def test_lease_is_healed_in_time_while_the_proxy_of_others_stands_still(fronted, three):
    other = fronted.server("two")
    lease = fronted.lease(other, "pause", for_s=1.5)
    fronted.guardians[0].inject(lease)

    fronted.signal_proxy(signal.SIGSTOP)

    assert world.wait_until(lambda: not still(other), PATIENCE_S)
    assert late_s(lease) < LATE_S_MAX


def test_guardian_says_what_is_left_when_the_proxy_stands_still(fronted, three):
    (guarded,) = fronted.guardians
    fronted.signal_proxy(signal.SIGSTOP)

    left = guarded.heal("the run ended", last=True)

    assert not guarded.gone.is_set()
    assert len(left) == len(three)
    assert "is the proxy stuck?" in left[0]
    fronted.signal_proxy(signal.SIGCONT)
    guarded.goodbye()
    assert ending.heal_everything(fronted.ledger).left == []
    assert fronted.undisturbed()


def test_guardian_says_what_is_left_when_the_proxy_is_killed(fronted, three):
    (guarded,) = fronted.guardians

    fronted.signal_proxy(signal.SIGKILL)

    assert world.wait_until(lambda: len(fronted.told) == len(three), PATIENCE_S)
    assert all(told["early"] for told in fronted.told)
    assert {fronted.state(lease)[0] for lease in three} == {UNHEALED}
    assert len(guarded.heal("the run ended")) == len(three)


# -- the target ends ------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["network", "process"])
def test_both_faults_are_healed_when_the_target_of_one_is_killed_by_the_other(fronted, first):
    server, guarded = fronted.server(), fronted.guardian()
    slow = fronted.network_lease(server, "latency", ms=50, for_s=2 if first == "network" else 3)
    dead = fronted.lease(server, "kill", for_s=3 if first == "network" else 2)
    guarded.inject(slow)

    guarded.inject(dead)

    assert world.wait_until(lambda: fronted.heard(slow) and fronted.heard(dead), PATIENCE_S)
    assert {fronted.state(each) for each in (slow, dead)} == {(HEALED, "deadline")}
    assert not any(told["early"] for told in fronted.told)
    assert runs(fronted.now(server))
    assert fronted.undisturbed()
