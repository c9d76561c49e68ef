"""The checker of the campaign sees what is wrong with processes: each is planted, and named."""

import os
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos_ext import world

from .conftest import NEEDS_ROOT

NODE = "redis-2"
GROUPS = Path("/sys/fs/cgroup")
PIDS = next(
    (place for place in (GROUPS / "pids", GROUPS) if (place / "cgroup.procs").exists()), None
)
NEEDS_GROUPS = pytest.mark.skipif(PIDS is None, reason="this machine has no control groups")


@contextmanager
def still(pid):
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


@contextmanager
def few_files(pid):
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (before[0] - 1, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def sacrificed(pid):
    place = Path(f"/proc/{pid}/oom_score_adj")
    before = place.read_text()
    place.write_text("500")
    yield
    place.write_text(before)


@contextmanager
def few_processors(pid):
    before = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {min(before)})
    yield
    os.sched_setaffinity(pid, before)


@contextmanager
def polite(pid):
    before = os.getpriority(os.PRIO_PROCESS, pid)
    os.setpriority(os.PRIO_PROCESS, pid, before + 1)
    yield
    os.setpriority(os.PRIO_PROCESS, pid, before)


@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (still, f"{NODE} stands still: T"),
        (few_files, f"Max open files of {NODE}: "),
        pytest.param(sacrificed, f"oom_score_adj of {NODE}: 500; it was ", marks=NEEDS_ROOT),
        pytest.param(
            few_processors, f"Cpus_allowed_list of {NODE}: ",
            marks=pytest.mark.skipif(os.cpu_count() == 1, reason="one processor"),
        ),
        pytest.param(polite, f"priority of {NODE}: ", marks=NEEDS_ROOT),
    ],
)  # fmt: skip
def test_checker_sees_a_server_that_may_do_less(eyes, plant, seen):
    with plant(eyes.pid(NODE)):
        world.wait_until(lambda: eyes.checker.residues(eyes.before) != [], 2)
        found = eyes.checker.residues(eyes.before)

    assert any(line.startswith(seen) for line in found), found


@pytest.mark.parametrize("how", ["by its environment", "by where it lives"])
def test_checker_sees_a_process_that_is_left(eyes, how):
    by_environment = how == "by its environment"
    env = eyes.campaign.env() if by_environment else {"PATH": os.environ["PATH"]}
    place = Path("/") if by_environment else eyes.before.folder
    hog = world.start_process([sys.executable, "-c", "input()"], pipes=True, env=env, cwd=place)

    found = eyes.checker.residues(eyes.before)

    hog.communicate(b"\n")
    assert found == [f"process {hog.pid} is left: {sys.executable} -c input()"]


@NEEDS_ROOT
@NEEDS_GROUPS
def test_checker_sees_a_control_group_that_is_left_and_who_is_in_it(eyes):
    pid = eyes.pid(NODE)
    home = next(
        line.rpartition(":")[2]
        for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        if "pids" in line.split(":")[1].split(",") or line.startswith("0::")
    )
    group = PIDS / f"chaos_ext_{eyes.before.lab}"
    group.mkdir()
    (group / "cgroup.procs").write_text(str(pid))

    found = eyes.checker.residues(eyes.before)

    (PIDS / home.lstrip("/") / "cgroup.procs").write_text(str(pid))
    group.rmdir()
    assert f"control group {group}: there; it was not there before" in found
    assert any(line.startswith("control group (") and NODE in line for line in found), found


@NEEDS_ROOT
def test_checker_sees_a_server_that_is_gone(eyes):
    pid = eyes.pid("sentinel-3")
    before = eyes.checker.residues(eyes.before)

    found = eyes.see_processes.problems({**eyes.before.sorted(), "sentinel-3": []})

    assert before == []
    assert pid
    assert found == ["sentinel-3 runs as 0 processes"]
