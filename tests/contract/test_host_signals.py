"""Signals that the host swallows, or that end it without a rollback or a journal."""

import signal

import pytest

from .hosting import Place, action, experiment, guarded

ROLLBACK = action("note", text="rolled back")
SECOND = action("note", text="second")
IN_A_PAUSE = experiment(
    [{**action("note", text="paused"), "pauses": {"after": 30}}, SECOND], rollbacks=[ROLLBACK]
)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def stopped_in_a_pause(place, content, signum):
    going = place.start(content)
    going.wait_for(lambda run: run.noted("paused"))
    going.send(signum)
    return going.ended()


def test_control_ends_the_run_when_sigterm_comes_while_an_action_runs(place):
    plain = experiment([action("signals", signal_name="SIGTERM"), SECOND], rollbacks=[ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert alone.notes == ["second", "rolled back"]  # as if nothing had been asked
    assert ours.judged == ("void", 1)
    assert ours.reason == "aborted: SIGTERM received"
    assert ours.notes == ["rolled back"]


def test_control_says_void_when_sigterm_comes_while_a_rollback_runs(place):
    plain = experiment([SECOND], rollbacks=[action("signals", signal_name="SIGTERM"), ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert ours.judged == ("void", 1)
    assert ours.reason == "aborted: SIGTERM received"


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_control_plays_the_rollbacks_when_a_signal_comes_in_a_pause(place, signum):
    alone = stopped_in_a_pause(place, IN_A_PAUSE, signum)
    ours = stopped_in_a_pause(place, guarded(IN_A_PAUSE), signum)

    assert alone.journal["status"] == "interrupted"
    assert alone.notes == ["paused"]  # no rollback
    assert ours.judged == ("void", 1)
    assert ours.reason == f"aborted: {signum.name} received"
    assert ours.notes == ["paused", "rolled back"]
    assert ours.journal["chaos_ext"]["verdict"] == "void"


def test_control_keeps_a_journal_when_the_terminal_is_closed(place):
    alone = stopped_in_a_pause(place, IN_A_PAUSE, signal.SIGHUP)
    ours = stopped_in_a_pause(place, guarded(IN_A_PAUSE), signal.SIGHUP)

    assert alone.code == -signal.SIGHUP
    assert (alone.journal, alone.notes) == (None, ["paused"])
    assert ours.judged == ("void", 1)
    assert ours.reason == "aborted: SIGHUP received"
    assert ours.notes == ["paused", "rolled back"]
    assert ours.journal["status"] == "interrupted"


def test_control_plays_no_rollback_when_sigusr2_asks_for_none(place):
    ours = stopped_in_a_pause(place, guarded(IN_A_PAUSE), signal.SIGUSR2)

    assert ours.judged == ("void", 1)
    assert ours.notes == ["paused"]


def test_control_lets_a_rollback_end_when_a_second_signal_comes(place):
    undo = action("waits", seconds=0.5, text="undo")
    plain = experiment(IN_A_PAUSE["method"], rollbacks=[undo, ROLLBACK])

    going = place.start(guarded(plain))
    going.wait_for(lambda run: run.noted("paused"))
    going.send(signal.SIGTERM)
    going.wait_for(lambda run: run.noted("undo from here"))
    going.send(signal.SIGINT)
    ours = going.ended()

    assert ours.judged == ("void", 1)
    assert ours.reason == "aborted: SIGTERM received"
    assert ours.notes == ["paused", "undo from here", "undo", "rolled back"]
