"""Who may use so many cores cannot be left as many; how it is taken is chosen before the harm."""

import os

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.resource import cgroups, cpu
from chaos_ext.resource.cpu import Cpu


@pytest.fixture
def cores(target, monkeypatch):
    """A target that may use four cores, on a machine without control groups."""
    target.identity.pid = os.getpid()
    monkeypatch.setattr(cpu, "allowance", lambda _pid: 4.0)
    monkeypatch.setattr(cgroups, "possible", lambda _controller: "not permitted")
    return target


def test_cpu_is_refused_where_nothing_would_be_taken(cores):
    with pytest.raises(
        BadArgument, match=r"redis-1 may use 4 cores, so percent must be below 400"
    ):
        Cpu(cores, percent=400).look()


def test_cpu_is_refused_to_hogs_that_cannot_leave_as_much(cores):
    with pytest.raises(BadArgument, match="hogs must take it, and cannot leave 90 percent"):
        Cpu(cores, percent=90).look()


def test_cpu_is_taken_by_hogs_where_no_quota_is_possible(cores):
    fault = Cpu(cores, percent=50)

    before = fault.look()

    assert before == {"by": "hogs", "cpus": sorted(os.sched_getaffinity(0))}
    assert fault.before == before


def test_cpu_is_in_place_no_more_when_its_target_has_ended(cores):
    fault = Cpu(cores, percent=50)
    fault.look()
    cores.alive = False

    assert fault.landed() is None


def test_cpu_is_healed_twice_where_nothing_was_done(target):
    fault = Cpu(target)

    fault.heal()
    fault.heal()

    assert fault.healed()


@pytest.mark.parametrize(("quota", "cores"), [("-1", 0.0), ("50000", 0.5)])
def test_quota_of_version_1_is_read_in_cores(machine, quota, cores):
    group = machine.group("web", cpu_cfs_quota_us=quota)

    assert cpu._quota(group, 1) == cores


@pytest.mark.parametrize(("text", "cores"), [("max 100000", 0.0), ("150000 100000", 1.5)])
def test_quota_of_version_2_is_read_in_cores(machine, text, cores):
    assert cpu._quota(machine.group("web", cpu_max=text), 2) == cores
