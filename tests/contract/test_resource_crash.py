"""Faults of resources when their holder, their target or their lab ends: nothing is left of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.lease import servers, sweep
from chaos_ext.lease.ledger import HEALED
from chaos_ext.resource import hog
from chaos_ext.resource.hogs import Hog

from .leasing import PATIENCE_S
from .starving import (
    EVERY,
    MB,
    Starved,
    asked,
    groups_of,
    hogs_of,
    kill,
    number,
    open_limit,
    traces,
)

EATERS_MAX = 8  # somebody else may give memory back meanwhile
GONE_S_MAX = 1.0  # so soon is a hog gone when its guardian is killed
HOGGING = [each for each in EVERY if each.id in ("cpu-hogs", "memory-hold", "connections")]
LIMITING = [each for each in EVERY if each.id in ("cpu-cgroup", "memory-limit", "processes")]


@pytest.fixture
def rig(tmp_path):
    made = Starved(tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(rig):
    """One with few connections to use up."""
    return rig.redis(maxclients=40, maxmemory=100 * MB)


# -- the guardian ends ----------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "settings"), EVERY)
def test_fault_is_healed_by_somebody_who_knows_the_ledger_only(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    before = traces(server, lease)
    guarded.inject(lease)
    assert traces(server, lease) != before

    rig.kill_guardian(guarded)
    first, second = sweep.sweep(rig.ledger), sweep.sweep(rig.ledger)

    assert (len(first.healed), first.left) == (1, [])
    assert (second.healed, second.left) == ([], [])
    assert traces(server, lease) == before
    assert rig.state(lease) == (HEALED, "swept")


@pytest.mark.parametrize(("fault", "settings"), HOGGING)
def test_kernel_ends_the_hogs_when_the_guardian_is_killed(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    guarded.inject(lease)
    assert hogs_of(lease)

    rig.kill_guardian(guarded)

    assert world.wait_until(lambda: not hogs_of(lease), GONE_S_MAX)
    assert world.wait_until(lambda: asked(server, "PING") == "+PONG\r\n", GONE_S_MAX)


# -- a hog ends -----------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "settings"), HOGGING)
def test_lease_ends_early_when_its_hog_is_killed(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    guarded.inject(lease)

    os.kill(hogs_of(lease)[0], signal.SIGKILL)

    assert world.wait_until(lambda: rig.heard(lease), PATIENCE_S)
    told = rig.heard(lease)
    assert (told["state"], told["early"]) == (HEALED, True)
    assert hogs_of(lease) == []
    assert asked(server, "PING") == "+PONG\r\n"


def test_lease_ends_early_when_the_reserve_of_memory_is_touched(rig, server):
    reserve_mb = hog.available_mb() - 700
    limits = {"reserve_memory_mb": reserve_mb}
    guarded, lease = rig.guardian(), rig.starving(server, "memory", mb=64, limits=limits)
    guarded.inject(lease)

    eaters = []
    while not rig.heard(lease) and len(eaters) < EATERS_MAX:
        eaters.append(Hog("nobody", "memory", 500, 0))
        eaters[-1].go()
        world.wait_until(lambda: rig.heard(lease), 2)
    for eater in eaters:
        eater.end()

    told = rig.heard(lease)
    assert (told["state"], told["early"]) == (HEALED, True)
    assert f"less than {reserve_mb} MB were left" in told["detail"]


# -- the target ends ------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "settings"), EVERY)
def test_lease_is_healed_when_its_target_is_killed_meanwhile(rig, server, fault, settings):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    guarded.inject(lease)

    kill(server)

    assert world.wait_until(lambda: rig.heard(lease) or settings == {"mb": 64}, PATIENCE_S)
    assert guarded.heal("now") == []
    assert groups_of(lease) == hogs_of(lease) == []
    assert rig.state(lease)[0] == HEALED


@pytest.mark.parametrize(("fault", "settings"), EVERY)
def test_lease_is_healed_when_its_target_was_started_anew_meanwhile(
    rig, server, fault, settings
):
    guarded, lease = rig.guardian(), rig.starving(server, fault, **settings)
    limit, memory = open_limit(server.identity.pid), number(server, "CONFIG GET maxmemory")
    guarded.inject(lease)
    kill(server)

    again = servers.start(rig.ledger, rig.now(server), held=False)
    assert world.wait_until(lambda: servers.runs(again), PATIENCE_S)

    assert guarded.heal("now") == []
    assert world.wait_until(lambda: asked(again, "PING") == "+PONG\r\n", PATIENCE_S)
    assert groups_of(lease) == hogs_of(lease) == []
    assert rig.now(server).identity == again.identity
    assert open_limit(again.identity.pid) == limit
    assert number(again, "CONFIG GET maxmemory") == memory


# -- the lab ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "settings"), LIMITING)
def test_group_goes_with_the_lab_of_a_run(rig, fault, settings):
    rig.lab("mine", owner="run", run="run")
    guarded, server = rig.guardian(), rig.redis(lab="mine")
    lease = rig.starving(server, fault, **settings)
    guarded.inject(lease)
    assert groups_of(lease)

    rig.kill_guardian(guarded)
    swept = sweep.sweep(rig.ledger)

    assert swept.left == []
    assert groups_of(lease) == []
    assert not servers.runs(server)


@pytest.mark.parametrize(("fault", "settings"), LIMITING)
def test_group_goes_with_a_server_that_takes_long_to_die_of_its_guardian(rig, fault, settings):
    rig.lab("mine", owner="run", run="run")
    guarded, server = rig.guardian(), rig.redis(lab="mine")
    big = f"SETRANGE big {400 * MB} x"  # that much memory is not given back at once
    roomy = {**settings, "headroom_mb": 600} if fault == "memory" else settings
    if fault != "memory":
        asked(server, big)
    lease = rig.starving(server, fault, **roomy)
    guarded.inject(lease)
    if fault == "memory":
        asked(server, big)

    os.kill(guarded.pid, signal.SIGKILL)
    server.identity.send(signal.SIGKILL)  # as the kernel does with a guardian's children
    assert guarded.gone.wait(PATIENCE_S)

    assert sweep.sweep(rig.ledger).left == []
    assert rig.state(lease)[0] == HEALED
    assert groups_of(lease) == []


@pytest.mark.parametrize(("fault", "settings"), LIMITING)
def test_group_goes_when_the_guardian_ends_with_its_dead_target(rig, fault, settings):
    rig.lab("mine", owner="run", run="run")
    guarded, server = rig.guardian(), rig.redis(lab="mine")
    lease = rig.starving(server, fault, **settings)
    guarded.inject(lease)
    server.identity.send(signal.SIGKILL)

    guarded.goodbye()

    assert groups_of(lease) == []
    assert rig.open_leases() == []


# -- whom the kernel ends first -------------------------------------------------------------


def score(pid):
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


# Is chosen rather, asks to be spared, and starts one who is not; both scores.
SPARED = """
from pathlib import Path
from chaos_ext import world
own = Path("/proc/self/oom_score_adj")
own.write_text("300")
world._SPARED = int(SPARED)
world.spare_from_oom_killer()
world.spare_from_oom_killer()
child = world.start_process(["/bin/sh", "-c", "read -r _"], pipes=True)
print(int(own.read_text()), int(Path(f"/proc/{child.pid}/oom_score_adj").read_text()))
child.communicate()
"""


def scores(spared):
    words = [sys.executable, "-c", SPARED.replace("SPARED)", f"{spared})")]
    told = subprocess.run(words, capture_output=True, check=True, text=True)
    return tuple(map(int, told.stdout.split()))


def test_kernel_spares_us_and_not_whom_we_start():
    assert scores(100) == (100, 300)


def test_guardian_is_spared_as_far_as_that_is_permitted_and_its_servers_are_not(rig, server):
    guarded, lease = rig.guardian(), rig.starving(server, "memory", mb=64)
    pid = guarded.start({"key": "toy/two", "lab": "toy", "node": "two", "spec": rig.spec()})

    guarded.inject(lease)

    permitted = scores(-900)[0] == -900
    assert score(guarded.pid) == (-900 if permitted else score(os.getpid()))
    assert score(pid) == score(os.getpid())
    assert [score(each) for each in hogs_of(lease)] == [1000]
