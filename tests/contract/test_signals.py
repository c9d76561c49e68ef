"""Whenever a run is told to end, what it holds is free within a second, and its verdict is void."""

import os
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from chaos_ext import world

from .hosting import Place, action, experiment, fault, guarded, standing_lab

SIGNALS = pytest.mark.parametrize(
    "signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda signum: signum.name
)
LEFT_S_MAX = 5.0  # far less than the 20 s that reading back may wait for a replica
HEALED_S_MAX = 1.5  # a second, and what it takes to look
FROZEN = fault("pause", "redis-replica", for_s=60, pauses={"after": 60})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with standing_lab(tmp_path_factory.mktemp("lab")) as place:
        yield place


def ledger(place, query):
    path = Path(place.environ["CHAOS_STATE"]) / "ledger.db"
    if not path.exists():
        return []
    address = f"file:{path}?mode=ro"
    # the suppressed: it is just being made
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(address, uri=True)) as db:
        return db.execute(query).fetchall()
    return []


def servers(place):
    return {node: pid for node, pid in ledger(place, "select node, pid from servers") if pid}


def states(pid):
    """The letters of a process's threads; empty when it is gone."""
    letters = ""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            letters += (task / "stat").read_text().rpartition(")")[2].split()[0]
    return letters


def gone(pid):
    return not states(pid).strip("ZX")


def frozen(place):
    return [pid for pid in servers(place).values() if set("tT") & set(states(pid))]


def given_back(place):
    return ledger(place, "select used_by from labs where state = 'up'") == [("",)]


def in_place(going):
    return going.has("fault", state="in_place")


def assert_void(place, ended, reason):
    assert ended.judged == ("void", 1)
    assert ended.reason == f"aborted: {reason}"
    assert ended.journal["chaos_ext"]["verdict"] == "void"
    assert (ended.run / "journal.json").exists()
    assert "Traceback" not in ended.said
    assert ledger(place, "select * from leases where state not in ('healed')") == []
    assert ledger(place, "select * from guardians") == []


@SIGNALS
def test_run_takes_its_lab_down_when_a_signal_comes_while_it_starts(tmp_path, signum):
    place = Place(tmp_path)
    going = place.start(guarded(experiment([FROZEN])))
    going.wait_for(lambda _: len(servers(place)) >= 2)
    started = servers(place)

    going.send(signum)

    assert world.wait_until(lambda: all(map(gone, started.values())), HEALED_S_MAX)
    assert_void(place, going.ended(), f"{signum.name} received")
    assert list((tmp_path / "state" / "labs").iterdir()) == []


@SIGNALS
def test_run_gives_the_lab_back_when_a_signal_comes_in_the_baseline(lab, signum):
    slow = guarded(experiment([FROZEN]), baseline_s=60, watch=["redis"])
    going = lab.start(slow)
    going.wait_for(lambda run: run.has("phase", name="baseline"))

    going.send(signum)

    assert_void(lab, going.ended(), f"{signum.name} received")
    assert given_back(lab)


@SIGNALS
def test_run_heals_at_once_when_a_signal_comes_in_a_pause(lab, signum):
    going = lab.start(guarded(experiment([FROZEN])))
    going.wait_for(in_place)
    assert len(frozen(lab)) == 1

    going.send(signum)

    assert world.wait_until(lambda: not frozen(lab), HEALED_S_MAX)
    assert_void(lab, going.ended(), f"{signum.name} received")


@SIGNALS
def test_run_heals_at_once_when_a_signal_comes_while_a_background_activity_goes_on(lab, signum):
    background = {**action("waits", seconds=4), "background": True}
    going = lab.start(guarded(experiment([background, {**FROZEN, "pauses": {}}])))
    going.wait_for(in_place)

    going.send(signum)

    assert world.wait_until(lambda: not frozen(lab), HEALED_S_MAX)
    assert not going.noted("waited")  # the host waits for it, and we have not
    assert_void(lab, going.ended(), f"{signum.name} received")


def test_run_injects_nothing_more_when_a_signal_came_before_the_fault(lab):
    late = {**fault("pause", "redis-replica", for_s=5), "background": True}
    method = [{**late, "pauses": {"before": 3}}, action("waits", seconds=60, text="begun")]
    going = lab.start(guarded(experiment(method)))
    going.wait_for(lambda run: run.noted("begun from here"))

    going.send(signal.SIGTERM)

    ended = going.ended()
    assert_void(lab, ended, "SIGTERM received")
    states = [event["state"] for event in ended.events("fault")]
    assert "in_place" not in states


def test_fault_lasts_as_long_as_asked_when_the_method_is_over_before(lab):
    ended = lab.run(guarded(experiment([fault("pause", "redis-replica", for_s=1.5)])))

    told = {e["state"]: e["mono_ns"] for e in ended.events("fault")}
    assert ended.judged == ("held", 0), ended.reason
    assert told["healed"] - told["in_place"] > 1.4e9


@SIGNALS
def test_run_ends_when_a_signal_comes_in_a_rollback(lab, signum):
    undo = action("waits", seconds=60, text="undo")
    content = experiment([fault("pause", "redis-replica", for_s=0.3)], rollbacks=[undo])
    going = lab.start(guarded(content))
    going.wait_for(lambda run: run.noted("undo from here"))
    assert frozen(lab) == []

    going.send(signum)

    assert_void(lab, going.ended(), f"{signum.name} received")
    assert given_back(lab)


@SIGNALS
def test_run_reads_no_longer_when_a_signal_comes_while_it_reads_back(lab, signum):
    watched = guarded(experiment([]), watch=["redis"], baseline_s=0.5)
    going = lab.start(watched)
    going.wait_for(lambda run: run.has("phase", name="recovery"))
    replica = servers(lab)["redis-2"]
    os.kill(replica, signal.SIGSTOP)  # reading back waits for its answers
    try:
        said = going.folder / "stderr"
        going.wait_for(lambda _: "reading every acknowledged write back" in said.read_text())

        going.send(signum)

        assert world.wait_until(lambda: given_back(lab), LEFT_S_MAX)
        assert_void(lab, going.ended(), f"{signum.name} received")
    finally:
        os.kill(replica, signal.SIGCONT)


def test_run_is_not_harmed_when_signals_follow_each_other(lab):
    undo = action("waits", seconds=0.5, text="undo")
    going = lab.start(guarded(experiment([FROZEN], rollbacks=[undo])))
    going.wait_for(in_place)

    going.send(signal.SIGTERM)
    going.wait_for(lambda run: run.noted("undo from here"))
    going.send(signal.SIGINT)
    going.wait_for(lambda run: run.has("phase", name="end"))
    going.send(signal.SIGHUP)

    ended = going.ended()
    assert_void(lab, ended, "SIGTERM received")
    assert ended.notes == ["undo from here", "undo"]


@pytest.mark.parametrize("word", ["abort", "heal"])
def test_run_is_healed_first_when_another_process_ends_it(lab, word):
    going = lab.start(guarded(experiment([FROZEN])))
    going.wait_for(in_place)

    told = lab.call(word)

    assert told.code == 0
    assert frozen(lab) == []
    ended = going.ended()
    assert ended.judged == ("void", 1)
    assert ended.reason.startswith("aborted: ")
    assert ended.journal["status"] == "interrupted"


def guardian(place):
    ((pid,),) = ledger(place, "select pid from guardians")
    return pid


def test_run_is_void_when_its_guardian_is_killed(lab):
    going = lab.start(guarded(experiment([FROZEN])))
    going.wait_for(in_place)

    os.kill(guardian(lab), signal.SIGKILL)

    assert world.wait_until(lambda: not frozen(lab), HEALED_S_MAX)
    ended = going.ended()
    assert ended.judged == ("void", 1)
    assert ended.reason.startswith("aborted: the guardian ended before the run")
    assert ledger(lab, "select * from leases where state != 'healed'") == []


def test_nothing_of_a_lab_is_left_when_its_guardian_is_killed(tmp_path):
    place = Place(tmp_path)
    going = place.start(guarded(experiment([FROZEN])))
    going.wait_for(in_place)
    started = servers(place)

    os.kill(guardian(place), signal.SIGKILL)

    assert world.wait_until(lambda: all(map(gone, started.values())), HEALED_S_MAX)
    ended = going.ended()
    assert ended.judged[0] in ("void", "dirty")
    assert ended.code == 1
    assert list((tmp_path / "state" / "labs").iterdir()) == []
