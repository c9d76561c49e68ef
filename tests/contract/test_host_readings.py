"""The host misreads the steady state: what it does alone, and what we make of it."""

import pytest

from .hosting import WELL, Place, action, experiment, guarded, probe

ROLLBACK = action("note", text="rolled back")
CONTINUOUSLY = ("--hypothesis-strategy", "continuously", "--hypothesis-frequency", "0.1")
DURING = ("--hypothesis-strategy", "during-method-only", "--hypothesis-frequency", "0.1")


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def wrong_at(*calls):
    return {**probe("wrong_at", calls=list(calls)), "tolerance": True}


def test_control_says_broke_when_the_state_deviates_only_during_the_method(place):
    plain = experiment([action("waits", seconds=0.8)], [wrong_at(3, 4)])

    alone = place.run(plain, *CONTINUOUSLY)
    ours = place.run(guarded(plain), *CONTINUOUSLY)

    assert (alone.code, alone.journal["deviated"]) == (0, False)  # the host does not see it
    assert ours.judged == ("broke", 1)
    assert "steady state during" in ours.reason
    assert ours.journal["deviated"]


def test_control_refuses_when_the_strategy_reads_only_during_the_method(place):
    plain = experiment([action("note", text="harm")], [wrong_at(1)])

    alone = place.run(plain, *DURING)
    ours = place.run(guarded(plain), *DURING)

    assert (alone.code, alone.notes) == (0, ["harm"])
    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("refused: the hypothesis strategy during-method-only")
    assert ours.notes == []


def test_control_says_void_when_the_check_after_crashes_by_itself(place):
    crashes = {**probe("crashes_after", noted="harm"), "tolerance": True}
    plain = experiment([action("note", text="harm")], [crashes])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert alone.journal["deviated"] is True
    assert ours.judged == ("void", 1)
    assert "ZeroDivisionError" in ours.reason


def test_control_plays_the_rollbacks_when_the_host_fails_fast(place):
    method = [action("waits", seconds=0.5), action("note", text="second")]
    plain = experiment(method, [wrong_at(*range(2, 20))], [ROLLBACK])
    during = (*DURING, "--fail-fast")

    alone = place.run(plain, *during)
    ours = place.run(guarded(plain), *CONTINUOUSLY, "--fail-fast")

    assert alone.notes == ["waited from here", "waited"]  # not interrupted, not rolled back
    assert (alone.journal["status"], alone.journal["deviated"]) == ("failed", False)
    assert ours.judged == ("broke", 1)
    assert ours.notes == ["waited from here", "waited", "rolled back"]


def test_control_says_broke_when_fail_fast_waits_for_a_background_activity(place):
    background = {**action("waits", seconds=0.8), "background": True}
    plain = experiment([background], [wrong_at(*range(2, 20))], [ROLLBACK])
    fast = (*CONTINUOUSLY, "--fail-fast")

    alone = place.run(plain, *fast)
    ours = place.run(guarded(plain), *fast)

    assert alone.notes == ["waited from here", "waited", "rolled back"]  # it was waited for
    assert ours.judged == ("broke", 1)
    assert "steady state during" in ours.reason


def test_control_says_void_when_the_state_is_not_met_before(place):
    plain = experiment([action("note", text="harm")], [wrong_at(1)], [ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert alone.notes == ["rolled back"]  # what was never done
    assert ours.judged == ("void", 1)
    assert ours.reason == (
        "the steady state was not met before: wrong_at: wanted True, got False"
    )
    assert ours.notes == []


def test_control_plays_the_rollbacks_when_the_reading_after_raises(place):
    refused = {**probe("fails_once", noted="harm"), "tolerance": True}
    plain = experiment([action("note", text="harm")], [refused], [ROLLBACK])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.journal["status"], alone.journal["deviated"]) == ("failed", True)
    assert alone.notes == ["harm"]
    assert ours.judged == ("broke", 1)
    assert "Connection refused" in ours.reason
    assert ours.notes == ["harm", "rolled back"]


def test_control_waits_for_the_state_when_it_comes_back_late(place):
    late = wrong_at(2, 3, 4)  # after the method: not at once
    plain = experiment([action("note", text="harm")], [late])

    alone = place.run(plain)
    ours = place.run(guarded(plain, recovers_within_s=20))

    assert (alone.code, alone.journal["deviated"]) == (1, True)
    assert ours.judged == ("held", 0)


REGEX = {**probe("says", what={"a": 1}), "tolerance": {"type": "regex", "pattern": "a"}}
NO_HOST = {"type": "http", "url": "http://"}
NOWHERE = {"type": "probe", "name": "get", "tolerance": 200, "provider": NO_HOST}


@pytest.mark.parametrize(
    ("crashing", "reason"),
    [(REGEX, "wanted {'pattern': 'a', 'type': 'regex'}, got {'a': 1}"), (NOWHERE, "crashed")],
)
def test_control_keeps_a_journal_when_a_reading_crashes_the_host(place, crashing, reason):
    plain = experiment([action("note", text="harm")], [WELL, crashing])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert "Traceback" in alone.err
    assert alone.journal is None
    assert ours.judged == ("void", 1)
    assert reason in ours.reason
    assert ours.journal["chaos_ext"]["verdict"] == "void"
    assert (ours.run / "journal.json").exists()
    assert "Traceback" not in ours.said


def test_control_says_void_when_a_reading_during_the_method_crashes_the_host(place):
    plain = experiment([action("waits", seconds=0.5)], [REGEX_LATER], [ROLLBACK])

    alone = place.run(plain, *CONTINUOUSLY)
    ours = place.run(guarded(plain), *CONTINUOUSLY)

    assert alone.code == 1
    assert ours.judged[1] == 1
    assert ours.judged[0] in ("void", "broke")
    assert ours.notes[-1] == "rolled back"


REGEX_LATER = {
    **probe("text_until", noted="waited from here"),
    "tolerance": {"type": "regex", "pattern": "."},
}
