"""A server that is in a limited group already: what is taken counts there, and it goes back there."""

import os
from contextlib import contextmanager

import pytest

from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.resource import cgroups

from .starving import MB, Starved, group_of, groups_of, hogs_of, needs


@pytest.fixture
def rig(tmp_path):
    made = Starved(tmp_path)
    yield made
    made.close()


@contextmanager
def group(controller, server, **limits):
    """A group of somebody else's, with limits, that the server is in."""
    tree = cgroups.hierarchy(controller)
    home = tree.home(os.getpid())
    if tree.version != 1:
        pytest.skip("this machine has control groups of version 2, where ours go elsewhere")
    folder = home / f"theirs-{os.getpid()}"
    folder.mkdir()
    for name, value in limits.items():
        (folder / f"{controller}.{name}").write_text(str(value))
    (folder / "cgroup.procs").write_text(str(server.identity.pid))
    try:
        yield folder
    finally:
        for pid in (folder / "cgroup.procs").read_text().split():
            (home / "cgroup.procs").write_text(pid)
        folder.rmdir()


@needs("memory")
def test_memory_that_is_held_counts_on_the_group_of_the_server(rig):
    server, guarded = rig.redis(), rig.guardian()
    limits = {"reserve_memory_mb": 64}

    with group("memory", server, limit_in_bytes=600 * MB) as theirs:
        lease = rig.starving(server, "memory", mb=128, limits=limits)
        landed = guarded.inject(lease)

        (pid,) = hogs_of(lease)
        assert group_of(pid, "memory") == group_of(server.identity.pid, "memory")
        assert landed["group"] == str(theirs)
        assert int((theirs / "memory.usage_in_bytes").read_text()) > 100 * MB
        assert guarded.heal("now") == []

        much = rig.starving(server, "memory", mb=560, limits=limits)
        with pytest.raises(NotAllowed, match=rf"of group {theirs}, and the reserve is 64 MB"):
            guarded.inject(much)


@needs("memory")
def test_memory_limit_holds_below_the_group_of_the_server_and_it_goes_back_there(rig):
    server, guarded = rig.redis(), rig.guardian()

    with group("memory", server, limit_in_bytes=600 * MB) as theirs:
        before = group_of(server.identity.pid, "memory")
        lease = rig.starving(server, "memory", headroom_mb=64, by="limit")
        guarded.inject(lease)

        assert groups_of(lease) == [theirs / f"chaos_ext_{lease.id}"]
        assert group_of(server.identity.pid, "memory") == f"{before}/chaos_ext_{lease.id}"
        assert guarded.heal("now") == []
        assert group_of(server.identity.pid, "memory") == before


@needs("cpu")
def test_cpu_that_the_server_does_not_have_cannot_be_left_to_it(rig):
    server, guarded = rig.redis(), rig.guardian()

    with group("cpu", server, cfs_quota_us=30_000):
        with pytest.raises(
            BadArgument, match=r"may use 0.3 cores, so percent must be below 30"
        ):
            guarded.inject(rig.starving(server, "cpu", percent=50))

        lease = rig.starving(server, "cpu", percent=10)
        assert guarded.inject(lease)["share_percent"] == pytest.approx(10, abs=5)
        assert guarded.heal("now") == []

    assert groups_of(lease) == []


@needs("cpu")
def test_two_faults_may_not_limit_the_same_at_once_and_one_may_limit_another(rig):
    server, guarded = rig.redis(), rig.guardian()
    guarded.inject(rig.starving(server, "cpu", percent=20))
    guarded.inject(rig.starving(server, "processes", left=5))

    with pytest.raises(NotAllowed, match="by another fault of ours; one at a time"):
        guarded.inject(rig.starving(server, "cpu", percent=10))

    assert guarded.heal("now") == []
    assert rig.open_leases() == []
