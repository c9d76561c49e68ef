"""What the host ignores without a word is refused before anything moves."""

import pytest

from .hosting import CONTROL, FREEZE, HOST, WELL, Place, action, experiment, guarded, probe


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def misspelt(module):
    return {"name": "guard", "provider": {"type": "python", "module": module}}


def nothing_was_started(ended):
    up = ended.events("environment_up") + ended.events("fault")
    return not up and not (ended.folder.parent / "state" / "labs").exists()


HALF_A_SECOND = {**action("waits", seconds=0.8)["provider"], "timeout": 0.4}
IGNORED = [
    (
        "another control misspelt",
        experiment([action("note", text="harm")], controls=[misspelt("activities_contrl")]),
        "controls[0].provider.module 'activities_contrl' does not exist",
    ),
    (
        "a timeout on a Python activity",
        experiment([{**action("waits", seconds=0.8), "provider": HALF_A_SECOND}]),
        "method[0].provider.timeout is ignored by the host on a Python activity: remove it",
    ),
    (
        "an undefined variable as a target",
        experiment([action("note", text="${nope}")]),
        "method[0].provider.arguments.text uses ${nope}, which is defined neither in",
    ),
    (
        "a tolerance on a probe of the method",
        experiment([{**probe("says", what=False), "tolerance": True}]),
        "method[0].tolerance is ignored by the host outside the hypothesis",
    ),
]


@pytest.mark.parametrize(
    ("plain", "why"), [c[1:] for c in IGNORED], ids=[c[0] for c in IGNORED]
)
def test_run_refuses_when_the_host_would_ignore_it(place, plain, why):
    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert (alone.code, alone.journal["status"]) == (0, "completed")
    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("refused: ")
    assert why in ours.reason
    assert ours.notes == []


def test_run_says_how_to_write_it_when_a_tolerance_is_a_fraction(place):
    half = {**probe("says", what=0.5), "tolerance": 0.5}
    plain = experiment([], [half])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert alone.code == 1
    assert "must either be an integer, a string, a boolean" in alone.err
    assert ours.judged == ("void", 1)
    assert "write {type: range, range: [lowest, highest]}" in ours.reason


OURS = guarded(experiment([FREEZE]))
UNGUARDED = [
    ("absent", [], "controls has no control of module chaos_ext.control: add"),
    (
        "misspelt",
        [{**CONTROL, "provider": {"type": "python", "module": "chaos_ext.contrl"}}],
        "did you mean chaos_ext.control?",
    ),
    (
        "never called",
        [{**CONTROL, "automatic": False}],
        "controls[0].automatic must not be false",
    ),
    ("half called", [{**CONTROL, "scope": "before"}], "controls[0].scope takes half"),
    ("twice", [CONTROL, CONTROL], "controls[1] is chaos_ext.control again"),
]


@pytest.mark.parametrize(
    ("controls", "why"), [c[1:] for c in UNGUARDED], ids=[c[0] for c in UNGUARDED]
)
def test_run_refuses_when_our_control_would_not_guard(place, controls, why):
    ours = place.run({**OURS, "controls": controls})

    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("refused: ")
    assert why in ours.reason
    assert nothing_was_started(ours)


@pytest.mark.parametrize(
    "options",
    [
        *[("--dry", kind) for kind in ("activities", "actions", "probes", "pause")],
        *[
            ("--hypothesis-strategy", f"{when}-method-only")
            for when in ("before", "after", "during")
        ],
    ],
    ids=" ".join,
)
def test_run_refuses_when_an_option_would_leave_a_reading_or_the_fault_away(place, options):
    ours = place.run(OURS, *options)

    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("refused: ")
    assert options[1] in ours.reason or "dry" in ours.reason
    assert nothing_was_started(ours)


@pytest.mark.parametrize("controls", [[], UNGUARDED[1][1]], ids=["absent", "misspelt"])
def test_fault_refuses_when_the_host_runs_it_without_our_conductor(place, controls):
    alone = place.run({**OURS, "controls": controls}, program=HOST)

    (told,) = alone.journal["run"]
    assert told["status"] == "failed"
    assert "NoConductor: process.pause: no conductor guards this run" in told["exception"][-1]


@pytest.mark.parametrize(
    "controls", [UNGUARDED[2][1], UNGUARDED[3][1]], ids=["never called", "half called"]
)
def test_control_refuses_when_the_hosts_own_run_would_half_call_it(place, controls):
    ours = place.run({**OURS, "controls": controls}, program=HOST)

    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("refused: controls[0].")
    assert nothing_was_started(ours)


def test_control_guards_when_the_hosts_own_run_is_called(place):
    plain = experiment([action("fails", text="oops"), action("note", text="second")], [WELL])

    ours = place.run(guarded(plain), program=HOST)

    assert ours.judged == ("void", 1)
    assert ours.notes == []


def test_run_hands_over_untouched_when_nothing_is_ours(place):
    plain = experiment([action("note", text="theirs")])

    handed = place.run(plain)
    alone = place.run(plain, program=HOST)

    changing = {"start", "end", "duration", "experiment", "steady_states", "run"}
    same = [{k: v for k, v in e.journal.items() if k not in changing} for e in (handed, alone)]
    assert same[0] == same[1]
    assert handed.code == alone.code == 0
    assert not handed.reports.exists()
