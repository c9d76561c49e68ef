"""A whole experiment: the good one passes, each way to spoil it is refused in one line with its reason."""

import copy
import math

import pytest

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment.check import ensure, problems

HYPOTHESIS = "steady-state-hypothesis"
PROBE = (HYPOTHESIS, "probes", 0)
FAULT = {"type": "action", "name": "again", "provider": {"type": "python"}}
FAULT["provider"] |= {
    "module": "chaos_ext.process.actions",
    "func": "kill",
    "arguments": {"target": "a"},
}


def test_problems_are_none_when_the_experiment_is_right(experiment):
    assert problems(experiment) == []


def test_problems_are_none_with_what_the_host_has_loaded(experiment):
    configuration = {"target": "redis-primary", "wait": 15}

    assert problems(experiment, configuration, {"shop": {"token": "abcd"}}) == []


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_problems_names_the_source_when_it_holds_no_mapping(data):
    found = problems(data, source="experiments/x.yaml")

    assert found[0].startswith("experiments/x.yaml must hold a mapping, not ")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["titel"], "x", "titel is not a known key (did you mean title?)"),
        (["title"], ..., "title is missing: it must be text"),
        (["description"], "", "description must be text that is not empty, not ''"),
        (["tags"], [""], "tags[0] must be text"),
        (["method"], ..., "method is missing: write `method: []`"),
        (["method"], {}, "method must be a list, not a mapping"),
        (["rollbacks"], "x", "rollbacks must be a list, not 'x'"),
        (["contributions"], {"a": "hgh"}, "contributions.a is 'hgh' (did you mean high?)"),
        (["runtime"], {"hypotesis": {}}, "runtime.hypotesis is not a known key (did you"),
        (["runtime"], {"rollbacks": {"strategy": "alway"}}, "(did you mean always?)"),
        (
            ["runtime"],
            {"hypothesis": {"strategy": "skip"}},
            "which skips a reading: use default",
        ),
        (["runtime"], {"hypothesis": {"strategy": "after-method-only"}}, "skips a reading"),
        (["runtime"], {"hypothesis": {"strategy": "before-method-only"}}, "skips a reading"),
        (["runtime"], {"hypothesis": {"strategy": "during-method-only"}}, "skips a reading"),
        ([HYPOTHESIS], ..., f"{HYPOTHESIS} is missing: without it nothing says"),
        ([HYPOTHESIS, "probes"], [], f"{HYPOTHESIS}.probes must hold at least one probe"),
        ([HYPOTHESIS, "title"], ..., f"{HYPOTHESIS}.title is missing"),
        ([HYPOTHESIS, "probs"], [], f"{HYPOTHESIS}.probs is not a known key (did you"),
        ([*PROBE, "provider", "arguments", "target"], "${targt}", "uses ${targt}, which is"),
        (["title"], "${nope}", "title uses ${nope}, which is defined neither"),
        (["method", 0, "pauses", "after"], "${nope}", "method[0].pauses.after uses ${nope}"),
        (["controls", 0, "provider", "arguments"], {"a": "${no}"}, "arguments.a uses ${no}"),
        (["extensions", 0, "baseline_s"], -1, "extensions.chaos_ext.baseline_s must be"),
        (["configuration", "wait"], {"type": "env", "key": "CHAOS_NO"}, "needs $CHAOS_NO"),
        (["rollbacks"], [FAULT], "rollbacks[0] is the fault process.kill: faults belong into"),
        (["rollbacks"], [{"ref": "kill"}], "rollbacks[0] is the fault process.kill"),
        ([HYPOTHESIS, "probes", "+"], FAULT | {"tolerance": True}, "probes[1] is the fault"),
    ],
)
def test_problems_tells_what_is_wrong_and_where(changed, path, value, problem):
    experiment = changed(*path, value)

    found = problems(experiment)

    assert any(problem in each for each in found), found
    assert not any("\n" in each for each in found)


@pytest.mark.parametrize("strategy", ["default", "continuously"])
def test_problems_are_none_when_the_strategy_reads_before_and_after(experiment, strategy):
    experiment["runtime"] = {"hypothesis": {"strategy": strategy}}

    assert problems(experiment) == []


@pytest.mark.parametrize(
    "path", [["x-owner"], ["method", 0, "x-note"], ["controls", 0, "x-a"], [HYPOTHESIS, "x-b"]]
)
def test_problems_are_none_when_a_key_is_the_users_own(changed, path):
    assert problems(changed(*path, "anything")) == []


def test_problems_are_none_when_a_fault_is_in_the_background(changed):
    assert problems(changed("method", 0, "background", True)) == []


def test_problems_collects_all_of_them(experiment):
    experiment |= {"titel": 1, "rolbacks": []}
    experiment["method"][0]["pauses"] = {"after": -1, "befor": 1}
    del experiment["description"]

    assert len(problems(experiment)) == 5


def test_problems_refuses_a_dropped_configuration_when_the_host_has_loaded_it(experiment):
    found = problems(experiment, {"wait": 15}, {})

    assert any("uses ${target}" in each for each in found)


def test_ensure_raises_one_line_with_the_first_five(experiment):
    for number in range(7):
        experiment[f"key{number}"] = number

    with pytest.raises(BadExperiment) as refusal:
        ensure(experiment, source="x.yaml")

    assert str(refusal.value).startswith("x.yaml: key0 is not a known key")
    assert str(refusal.value).endswith("; and 2 more")


def test_ensure_lets_a_right_experiment_pass(experiment):
    assert ensure(experiment) is None


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        (
            {"module": "shop.probes", "func": "within"},
            "arguments must be a mapping: the host adds",
        ),
        (
            {"module": "shop.probes", "func": "within", "arguments": {}},
            "arguments.most is missing",
        ),
        ({"module": "shop.prbes", "func": "x", "arguments": {}}, "'shop.prbes' does not exist"),
        (FAULT["provider"], "tolerance is the fault process.kill: faults belong into"),
    ],
)
def test_problems_looks_into_a_tolerance_that_is_a_probe(changed, provider, problem):
    tolerance = {"type": "probe", "name": "within", "provider": {"type": "python", **provider}}

    found = problems(changed(*PROBE, "tolerance", tolerance))

    assert any(problem in each for each in found), found


def test_problems_are_none_when_a_tolerance_probe_takes_the_answer(changed):
    provider = {"type": "python", "module": "shop.probes", "func": "within"}
    provider["arguments"] = {"most": 2.5}
    tolerance = {"type": "probe", "name": "within", "provider": provider}

    assert problems(changed(*PROBE, "tolerance", tolerance)) == []


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        (
            {"module": "shop.probes", "func": "servs"},
            "has no function 'servs' (did you mean serves?)",
        ),
        ({"module": "shop.probes", "func": "serves"}, "arguments.target is missing"),
        (FAULT["provider"], "configuration.asked is the fault process.kill"),
    ],
)
def test_problems_looks_into_configuration_that_a_probe_answers(changed, provider, problem):
    entry = {"type": "probe", "name": "asked", "provider": {"type": "python", **provider}}

    found = problems(changed("configuration", "asked", entry))

    assert any(problem in each for each in found), found


ODD = [None, True, -1, math.nan, "", "${y}", [], [1], [None], {}, {1: 2}, {"type": "env"}, b"x"]
ODD += [
    {"type": "probe"},
    {"ref": [1]},
    [{"ref": {}}],
    {None: 1},
    {"type": [1]},
    [{"name": [1]}],
]


def places(data, path=()):
    yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inner if isinstance(data, dict | list) else ():
        yield from (
            places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
        )


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_problems_survives_any_value_in_any_place(experiment, odd):
    for *path, key in list(places(experiment))[1:]:
        spoilt = copy.deepcopy(experiment)
        inner = spoilt
        for step in path:
            inner = inner[step]
        inner[key] = odd

        found = problems(spoilt)

        assert not any("\n" in each for each in found)
