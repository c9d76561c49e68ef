"""Whether the run took the course it should is told from its events."""

import pytest

from chaos_ext.verdict.judge import judge

KILLED = {"state": "in_place"}
HEALED = {"state": "healed"}


def _judge(run):
    return judge(run.facts())


def _outcomes(verdict):
    return {claim.claim: claim.outcome for claim in verdict.claims}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.happens(-3, "refused", reason="not allowed"), "refused: not allowed"),
        (lambda r: r.happens(9, "aborted", reason="SIGINT"), "aborted: SIGINT"),
        (
            lambda r: r.happens(9, "control_failed", hook="h", error="E"),
            "a control failed in h: E",
        ),
        (lambda r: r.without("run_ended"), "the run did not reach its end"),
        (lambda r: r.without("steady_state", when="before"), "was not read before"),
        (lambda r: r.without("steady_state", when="after"), "it was not read"),
        (lambda r: r.without("fault"), "it is in the method and never began"),
        (lambda r: r.without("fault", state="in_place"), "did not land"),
        (
            lambda r: r.change("fault", KILLED, state="refused", detail="never"),
            "refused: never",
        ),
        (lambda r: r.change("fault", KILLED, state="failed"), "failed"),
        (lambda r: r.change("fault", HEALED, state="lost"), "was lost before its time"),
        (lambda r: r.change("fault", HEALED, early=True), "ended before its time"),
        (lambda r: r.change("fault", {}, target="redis-2"), "never began"),
        (lambda r: r.change("activity", {}, status="failed", error="E: x"), "failed: E: x"),
        (lambda r: r.change("steady_state", {"when": "before"}, met=False), "not met before"),
        (
            lambda r: r.change("witness", {"state": "stopped"}, state="died"),
            "the witness: died",
        ),
        (lambda r: r.without("witness"), "the witness: never started"),
        (lambda r: r.change("load", {"state": "stopped"}, state="died"), "the load: died"),
        (lambda r: r.change("read_back", {}, complete=False), "reading back: incomplete"),
        (lambda r: r.without("phase", name="recovery"), "in the phase recovery"),
        (
            lambda r: r.change("phase", {"name": "baseline"}, name="warm-up"),
            "in the phase baseline",
        ),
    ],
)
def test_judge_says_void_when_it_was_no_test(run, change, reason):
    verdict = _judge(change(run))

    assert (verdict.word, verdict.exit_code) == ("void", 3)
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("when", "name"), [("after", "steady state after"), ("during", "steady state during")]
)
def test_judge_says_broke_when_the_steady_state_was_not_met(run, when, name):
    run.happens(24.2, "steady_state", when=when, met=False, detail="no primary")

    verdict = _judge(run)

    assert verdict.word == "broke"
    assert _outcomes(verdict)[name] == "broke"
    assert verdict.reason == f"{name}: not met (no primary)"


def test_judge_prefers_broke_when_an_activity_failed_too(run):
    run.change("activity", {}, status="failed", error="E")
    run.change("steady_state", {"when": "after"}, met=False)

    assert _judge(run).word == "broke"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda r: r.change("healed", {}, verified=False, left=["redis-1 is dead"]),
            "redis-1 is dead",
        ),
        (lambda r: r.change("healed", {}, left=["a rule"]), "a rule"),
        (
            lambda r: r.without("fault", state="healed").without("healed"),
            "process.kill on redis-primary is in_place",
        ),
        (
            lambda r: r.change("fault", HEALED, state="unhealed").without("healed"),
            "process.kill on redis-primary is unhealed",
        ),
        (
            lambda r: r.without("fault", state="healed").without("healed").without("run_ended"),
            "in_place and was not healed",
        ),
    ],
)
def test_judge_says_dirty_above_all_when_something_may_be_left(run, change, reason):
    run.lost = frozenset({200})

    verdict = _judge(change(run))

    assert (verdict.word, verdict.exit_code) == ("dirty", 4)
    assert reason in verdict.reason


def test_judge_says_rehearsed_when_a_stand_in_was_among_the_targets(run):
    run.change("environment_up", {}, stand_ins=["tempo"])

    verdict = _judge(run)

    assert (verdict.word, verdict.exit_code) == ("rehearsed", 5)
    assert "tempo" in verdict.reason


def test_judge_takes_the_steady_state_as_the_claim_when_there_is_no_other(run):
    run.claims, run.method, run.has_canary, run.has_load = [], [], False, False
    for name in ("fault", "witness", "load", "activity", "read_back"):
        run.without(name)

    verdict = _judge(run)

    assert verdict.word == "held"
    assert _outcomes(verdict) == {"steady state after": "held"}
    assert verdict.guards == ()


def test_judge_needs_no_fault_when_the_experiment_has_none(run):
    run.method, run.down_s = [], (0.0, 0.0)
    run.without("fault").without("activity")
    run.without("phase", name="fault")

    assert _judge(run).word == "held"


def test_judge_does_not_blame_the_method_for_a_probe_of_the_hypothesis(run):
    run.happens(24.1, "activity", name="serves", kind="probe", status="failed", error="E")

    assert _judge(run).word == "held"


def test_judge_says_void_when_a_run_was_refused_before_anything_was_recorded(run):
    run.has_canary = run.has_load = False
    run.events = [run.events[0], (-1.0, "refused", {"reason": "no such target"})]

    verdict = _judge(run)

    assert verdict.word == "void"
    assert verdict.reason == "refused: no such target"


def test_judge_says_void_when_the_check_of_the_steady_state_crashed(run):
    run.change(
        "steady_state", {"when": "after"}, met=False, crashed=True, detail="ZeroDivisionError"
    )

    verdict = judge(run.facts())

    assert verdict.word == "void"
    assert "the check crashed: ZeroDivisionError" in verdict.reason


def test_judge_says_void_when_a_fault_was_healed_long_before_its_time(run):
    run.without("fault", state="healed")
    run.happens(5.62, "fault", lease="lease-1", fault="chaos_ext.process.kill", state="healed")

    verdict = _judge(run)

    assert verdict.word == "void"
    assert "process.kill on redis-primary ended after 0.1 of 15 s" in verdict.reason
    assert verdict.faults[0].outcome == "void"


@pytest.mark.parametrize(
    ("in_place", "healed"),
    [({"lasting": True}, {}), ({}, {"detail": "over"}), ({"for_s": 0.2}, {})],
)
def test_judge_takes_a_fault_that_ends_when_it_should_for_a_test(run, in_place, healed):
    run.change("fault", KILLED, **in_place).without("fault", state="healed")
    ended = {"lease": "lease-1", "fault": "chaos_ext.process.kill", "state": "healed", **healed}
    run.happens(5.62, "fault", **ended)

    assert _judge(run).word == "held"


def test_judge_counts_the_landing_as_time_in_place(run):
    run.change("fault", KILLED, landed={"ms": 900.0}).without("fault", state="healed")
    ended = {"lease": "lease-1", "fault": "chaos_ext.process.kill", "state": "healed"}
    run.happens(5.52 + 14.1, "fault", **ended)

    assert _judge(run).word == "held"


def test_judge_says_void_when_a_server_ended_by_no_fault_of_ours(run):
    run.lost = frozenset({200})
    run.happens(24.9, "server_ended", node="redis-2", expected=False)

    verdict = _judge(run)

    assert verdict.word == "void"
    assert verdict.reason == "redis-2 ended and no fault of ours did it"


@pytest.mark.parametrize(
    ("met", "seconds", "outcome"),
    [(True, 1.25, "held"), (False, 15.02, "broke"), (True, 15.4, "void")],
)
def test_judge_makes_the_recovery_a_claim_when_it_was_waited_for(run, met, seconds, outcome):
    run.happens(22.0, "recovered", met=met, seconds=seconds, within_s=15)

    verdict = _judge(run)

    (claim,) = [c for c in verdict.claims if c.claim == "recovered within 15 s"]
    assert (claim.outcome, claim.reading.value, claim.reading.unit) == (outcome, seconds, "s")
    assert verdict.word == outcome
    assert _outcomes(verdict)["steady state after"] == "held"


def test_judge_says_void_when_the_outage_lay_in_the_baseline(run):
    run.down_s, run.claims = (1.0, 5.0), ["outage_s <= 2"]

    verdict = _judge(run)

    assert verdict.word == "void"
    assert "undisturbed before" in verdict.reason
