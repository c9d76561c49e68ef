"""What a witness is to stay with, and what a fault would refuse, is known before anything starts."""

import pytest

from chaos_ext.conductor import preflight
from chaos_ext.environment.model import Environment, Target
from chaos_ext.experiment.settings import Watch

HERE = Environment(
    "here",
    "native",
    "here.yaml",
    targets={"redis-1": Target("redis-1", "redis"), "consul-1": Target("consul-1", "consul")},
)


@pytest.mark.parametrize(
    ("stays_with", "problems"),
    [
        ("", []),
        ("redis-1", []),
        ("redis-2", ["watch.stays_with: here has no target 'redis-2' (did you mean redis-1?)"]),
        ("consul-1", ["watch.stays_with: consul-1 is of consul, not of redis"]),
    ],
)
def test_preflight_says_why_a_witness_cannot_stay_with_what_it_names(stays_with, problems):
    watch = Watch("redis", stays_with=stays_with)

    assert preflight._staying(HERE, watch) == problems


def partition(**arguments):
    """An experiment of ours that cuts nodes of the native lab off from each other."""
    module = {"type": "python", "module": "chaos_ext.network.actions", "func": "partition"}
    probe = {"type": "python", "module": "chaos_ext.redis.probes", "func": "serves"}
    reading = {"type": "probe", "name": "serves", "tolerance": True, "provider": probe}
    control = {"type": "python", "module": "chaos_ext.control"}
    act = {"type": "action", "name": "cut", "provider": {**module, "arguments": arguments}}
    return {
        "title": "cut off",
        "description": "cut off",
        "controls": [{"name": "chaos_ext", "provider": control}],
        "extensions": [{"name": "chaos_ext"}],
        "steady-state-hypothesis": {"title": "serves", "probes": [reading]},
        "method": [act],
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "method[0]: network.partition: say target (one node against"),
        ({"between": ["redis-1"]}, "method[0]: network.partition: a partition is between two"),
        ({"target": "redis-9"}, "method[0]: native has no target 'redis-9' (did you mean"),
        ({"between": ["redis-1", "redis-9"]}, "method[0]: native has no target 'redis-9'"),
    ],
)
def test_preflight_tells_a_mistake_in_a_fault_once(arguments, problem):
    findings = preflight.examine(partition(**arguments), None, None)

    (told,) = findings.problems
    assert told.startswith(problem)


def test_preflight_refuses_a_target_that_nobody_can_know_before_the_run():
    later = {"type": "probe", "provider": {"type": "python", "module": "os", "func": "getcwd"}}
    experiment = partition(target="${who}") | {"configuration": {"who": later}}

    findings = preflight.examine(experiment, None, None)

    (told,) = findings.problems
    assert told == ("network.partition: its target is not known before the run: write its name")
