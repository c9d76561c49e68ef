"""A real fault under the host's strategies: what deviates while it is in place is seen."""

import pytest

from .hosting import HOST, call, experiment, fault, guarded, standing_lab

ANSWERS = {
    "type": "probe",
    "name": "redis-2 answers",
    "tolerance": True,
    "provider": call("answers", "chaos_ext.redis.probes", target="redis-2", timeout_s=0.2),
}
FREEZE = fault("pause", "redis-2", for_s=1, pauses={"after": 1.2})
CONTINUOUSLY = ("--hypothesis-strategy", "continuously", "--hypothesis-frequency", "0.1")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with standing_lab(tmp_path_factory.mktemp("lab")) as place:
        yield place


def test_run_holds_when_the_state_is_asked_for_only_before_and_after(lab):
    content = guarded(experiment([FREEZE], [ANSWERS]), recovers_within_s=10)

    ours = lab.run(content)

    assert ours.judged == ("held", 0)
    (told,) = ours.verdict["faults"]
    assert (told["fault"], told["node"], told["outcome"]) == ("process.pause", "redis-2", "ok")


def test_run_broke_when_the_state_is_asked_for_while_the_fault_is_in_place(lab):
    content = guarded(experiment([FREEZE], [ANSWERS]), recovers_within_s=10)

    ours = lab.run(content, *CONTINUOUSLY)

    assert ours.judged == ("broke", 1)
    assert ours.reason.startswith("steady state during: not met (redis-2 answers: ")
    assert [e["met"] for e in ours.events("steady_state") if e["when"] == "after"] == [True]


def test_run_heals_when_the_host_fails_fast_and_waits_for_nothing_more(lab):
    second = {**FREEZE, "name": "freeze it again"}
    content = guarded(experiment([FREEZE, second], [ANSWERS]), recovers_within_s=10)

    ours = lab.run(content, *CONTINUOUSLY, "--fail-fast")

    assert ours.code == 1
    assert ours.verdict["verdict"] in ("broke", "void")  # the second fault was never begun
    assert len([e for e in ours.events("fault") if e["state"] == "in_place"]) == 1
    assert lab.call("faults").out.strip() == "no fault is in place"


def test_no_fault_is_injected_when_the_state_is_not_met_before(lab):
    dead = {**ANSWERS, "tolerance": False}
    content = guarded(experiment([FREEZE], [dead]))

    ours = lab.run(content)

    assert ours.judged == ("void", 1)
    assert ours.reason.startswith("the steady state was not met before: redis-2 answers")
    assert ours.events("fault") == []


def test_no_fault_is_injected_when_the_host_runs_it_dry_without_our_command(lab):
    content = guarded(experiment([FREEZE], [ANSWERS]))

    ours = lab.run(content, "--dry", "pause", program=HOST)

    assert ours.judged == ("void", 1)
    assert ours.reason == "refused: a dry run tests nothing; leave --dry away"
    assert ours.events("fault") + ours.events("environment_up") == []


QUESTIONS = call("sentinels_agree", "chaos_ext.redis.probes")
UNNAMED = {"type": "probe", "name": "they agree", "tolerance": True, "provider": QUESTIONS}
VARIABLE = fault("pause", "${where}", for_s=0.2)
ECHO = {"type": "process", "path": "echo", "arguments": ["a", "list"]}


@pytest.mark.parametrize(
    "content",
    [
        experiment([], [UNNAMED]),
        experiment([VARIABLE], configuration={"where": "redis-replica"}),
        experiment([{"type": "probe", "name": "echo", "provider": ECHO}, FREEZE]),
    ],
    ids=["by its module", "by a variable", "beside a process"],
)
def test_run_finds_its_lab_when_a_system_is_named(lab, content):
    ours = lab.run(guarded(content, recovers_within_s=10))

    assert ours.judged == ("held", 0)
    (up,) = ours.events("environment_up")
    assert {node["system"] for node in up["nodes"]} == {"redis"}


def test_control_tells_a_restart_as_healed_when_it_is_over(lab):
    restarts = [fault("restart", f"redis-{number}", for_s=5) for number in (2, 3)]

    ended = lab.run(guarded(experiment(restarts)))

    assert ended.judged == ("held", 0), ended.reason
    assert [each["state"] for each in ended.verdict["faults"]] == ["healed", "healed"]
