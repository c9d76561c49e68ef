"""Probes say how full a real server is, and refuse to say what nobody knows."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument, NoConductor, TargetGone, TargetUnreachable
from chaos_ext.lease import session
from chaos_ext.lease.identity import Identity
from chaos_ext.resource import probes
from chaos_ext.resource.allowance import Groups

from .leasing import PATIENCE_S
from .sampled import Sampled

MB = 1 << 20


class Conductor:
    """Knows one server under any name."""

    def __init__(self, server, system="redis"):
        self.server, self.system = server, system

    def node(self, target):
        del target
        return self.server.identity if self.server else Identity(0, 0, "")

    def path(self, target):
        bind = self.server.spec.get("listen", ["127.0.0.1", 1])
        return {"node": target, "system": self.system, "bind": bind, "folder": ""}


@pytest.fixture
def rig(tmp_path):
    made = Sampled(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(rig):
    """A real server with limits, which the conductor of this test knows."""
    made = rig.valkey("redis-1", "--maxmemory", "20mb", "--maxclients", "50")
    with session.instead(Conductor(made)):
        yield made


def test_memory_ratio_is_of_the_servers_own_limit(rig, server):
    before = probes.memory_ratio("redis-1")
    rig.ask(server, "SETRANGE", "large", 10 * MB, "x")

    after = probes.memory_ratio("redis-1")

    assert 0 < before < 0.3
    assert after == pytest.approx(before + 0.5, abs=0.1)


def test_connections_ratio_counts_clients_of_those_it_accepts(server):
    del server

    assert probes.connections_ratio("redis-1") == 1 / 50  # the question itself


def test_files_ratio_counts_open_files_of_those_it_may_have(server):
    process = psutil.Process(server.identity.pid)

    ratio = probes.files_ratio("redis-1")

    assert ratio == process.num_fds() / process.rlimit(psutil.RLIMIT_NOFILE)[0]


def test_disk_ratio_is_of_the_file_system_where_the_data_is(server, rig):
    del server
    found = os.statvfs(rig.folder)
    used = found.f_blocks - found.f_bfree

    assert probes.disk_ratio("redis-1") == pytest.approx(
        used / (used + found.f_bavail), abs=0.02
    )


def test_cpu_ratio_is_what_the_process_took_of_what_it_may(rig):
    busy = rig.busy()
    process = psutil.Process(busy.identity.pid)
    assert world.wait_until(lambda: sum(process.cpu_times()[:2]) > 0.1, PATIENCE_S)

    with session.instead(Conductor(busy, "toy")):
        began_ns, used_s = world.monotonic_ns(), sum(process.cpu_times()[:2])
        ratio = probes.cpu_ratio("busy", over_s=0.5)
        used_s = sum(process.cpu_times()[:2]) - used_s
        lasted_s = (world.monotonic_ns() - began_ns) / 1e9
    cores = len(process.cpu_affinity())
    assert 0 < ratio <= (used_s + 0.04) / 0.5 / cores
    assert ratio >= (used_s - 0.04) / lasted_s / cores - (lasted_s - 0.5)


@contextmanager
def quota(pid, share):
    """A control group of its own, with that share of one core, until the process may leave it."""
    place, _ = Groups()._mounts.get("cpu", Groups()._mounts.get("", (Path(), None)))
    folder = place / f"chaos_ext-test-{pid}"
    own = next(
        line.rpartition(":")[2]
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        if "cpu" in line.split(":")[1].split(",") or line.startswith("0::")
    )
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"needs: root, to make a control group ({error.strerror})")
    try:
        if (folder / "cpu.cfs_quota_us").exists():
            (folder / "cpu.cfs_period_us").write_text("100000")
            (folder / "cpu.cfs_quota_us").write_text(str(int(share * 100_000)))
        elif (folder / "cpu.max").exists():
            (folder / "cpu.max").write_text(f"{int(share * 100_000)} 100000")
        else:
            pytest.skip("the kernel's groups here do not limit CPU time")
        (folder / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        with suppress(OSError):  # it may have ended
            (place / own.strip("/") / "cgroup.procs").write_text(str(pid))
        assert world.wait_until(lambda: removed(folder), PATIENCE_S)


def removed(folder):
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()


def test_throttled_ratio_and_cpu_ratio_are_of_the_quota(rig):
    busy = rig.busy()

    with quota(busy.identity.pid, 0.2), session.instead(Conductor(busy, "toy")):
        throttled = probes.throttled_ratio("busy", over_s=1.0)
        cpu = probes.cpu_ratio("busy", over_s=1.0)

    assert throttled > 0.5
    assert 0.5 < cpu < 1.5  # of a fifth of a core, not of all


def test_throttled_ratio_is_zero_without_a_quota(rig):
    with session.instead(Conductor(rig.busy(), "toy")):
        assert probes.throttled_ratio("busy", over_s=0.2) == 0


def test_sampler_sees_a_quota_that_is_set_while_it_looks(rig):
    busy = rig.busy()
    rig.sample(rig.watch(busy, "toy"))
    before = rig.seen(lambda look: look["cpu_ns"] > 0, "busy")

    with quota(busy.identity.pid, 0.2):
        tight = rig.seen(lambda look: look["cpu_cores"] < 1, "busy")
        rig.seen(lambda look: look["cpu_periods_throttled"] > 2, "busy")

    assert before["cpu_cores"] == len(os.sched_getaffinity(busy.identity.pid))
    assert tight["cpu_cores"] == pytest.approx(0.2)


def test_probes_refuse_what_nobody_knows(rig):
    unlimited = rig.valkey()
    with (
        session.instead(Conductor(unlimited)),
        pytest.raises(TargetUnreachable, match="memory"),
    ):
        probes.memory_ratio("redis-1")
    with session.instead(Conductor(unlimited, "toy")), pytest.raises(TargetUnreachable):
        probes.connections_ratio("redis-1")


def test_probes_refuse_a_target_that_has_no_process_here():
    with session.instead(Conductor(None)), pytest.raises(TargetGone, match="attach it"):
        probes.files_ratio("far")


def test_probes_refuse_a_process_that_has_ended(rig, server):
    psutil.Process(server.identity.pid).kill()
    assert server.identity.wait(PATIENCE_S)

    with pytest.raises(TargetGone):
        probes.files_ratio("redis-1")


@pytest.mark.parametrize("over_s", [0, -1, 61, float("nan")])
def test_probes_refuse_a_time_that_makes_no_sense(server, over_s):
    del server

    with pytest.raises(BadArgument, match="over_s"):
        probes.cpu_ratio("redis-1", over_s=over_s)


def test_probes_refuse_without_a_conductor():
    with pytest.raises(NoConductor, match=r"resource\.memory_ratio"):
        probes.memory_ratio("redis-1")
