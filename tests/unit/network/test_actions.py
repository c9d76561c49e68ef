"""What YAML asks for is checked, asked of the conductor, and nothing else is done."""

import inspect

import pytest

from chaos_ext.errors import BadArgument, NoConductor
from chaos_ext.experiment.vocabulary import FAULTS
from chaos_ext.lease import session
from chaos_ext.lease.session import Asked
from chaos_ext.network import actions

PLAIN = {
    "bandwidth": {"kb_per_s": 100},
    "cut": {},
    "dns": {},
    "flap": {},
    "latency": {},
    "limit": {"after_bytes": 1000},
    "loss": {},
    "partition": {},
    "reset": {},
    "slice": {},
    "slow_close": {},
}
plain = pytest.mark.parametrize(("name", "said"), PLAIN.items())


def test_actions_are_all_the_faults_that_the_vocabulary_has():
    assert sorted(FAULTS["network"]) == actions.__all__ == sorted(PLAIN)


@plain
def test_action_names_its_fault_and_the_way_it_needs(conductor, name, said):
    told = getattr(actions, name)("redis-primary", **said)

    (asked,) = conductor.asked
    assert told == {"landed": True}
    assert (asked.fault, asked.target) == (f"chaos_ext.network.{name}", "redis-primary")
    assert asked.for_s == 10
    assert "redis-primary" in asked.paths


@plain
def test_action_does_nothing_without_a_conductor(name, said):
    session.end()

    with pytest.raises(NoConductor, match=f"^network.{name}: no conductor guards this run"):
        getattr(actions, name)("redis-primary", **said)


@plain
def test_action_hands_on_what_its_fault_takes(conductor, name, said):
    getattr(actions, name)("redis-primary", **said)

    parameters = set(inspect.signature(getattr(actions, name)).parameters)
    (asked,) = conductor.asked
    own = parameters - {"target", "for_s", "only_from", "between"}
    assert set(asked.settings) - {"groups"} == own


def test_action_asks_for_the_way_of_the_one_who_alone_is_hit(conductor):
    actions.latency("redis-primary", ms=5, only_from="redis-2", for_s=3)

    (asked,) = conductor.asked
    assert asked.paths == ("redis-primary", "redis-2")
    assert asked.settings["only_from"] == "redis-2"


@pytest.mark.parametrize(
    ("between", "groups"),
    [(["a", "b"], [["a"], ["b"]]), ([["a", "b"], "c"], [["a", "b"], ["c"]])],
)
def test_partition_is_between_names_or_groups_of_names(conductor, between, groups):
    actions.partition(between=between, one_way=True, for_s=4)

    settings = {"groups": groups, "shape": "isolate", "one_way": True}
    paths = ("*", *dict.fromkeys(name for group in groups for name in group))
    assert conductor.asked == [
        Asked("chaos_ext.network.partition", "a", 4, settings=settings, paths=paths)
    ]


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("latency", {"ms": 0}, "ms must be at least 1"),
        ("latency", {"ms": -5}, "ms must be at least 1"),
        ("latency", {"ms": 1.5}, "ms must be a whole number"),
        ("latency", {"ms": 10, "jitter_ms": 11}, "jitter_ms must be at least 0 and at most 10"),
        ("latency", {"stream": "donwstream"}, "did you mean downstream"),
        ("latency", {"distribution": "gauss"}, "'gauss' is not known"),
        ("latency", {"ms": 3000, "stream": "both", "for_s": 5}, "shows after 6 s"),
        ("bandwidth", {"kb_per_s": 0}, "kb_per_s must be at least 1"),
        ("bandwidth", {"kb_per_s": -1}, "kb_per_s must be at least 1"),
        ("bandwidth", {"kb_per_s": 10, "for_s": 0.5}, "shows after 1 s"),
        ("loss", {"percent": 0}, "percent must be above 0"),
        ("loss", {"percent": 101}, "at most 100"),
        ("cut", {"silent": True, "for_s": 0.2}, "shows after 0.3 s"),
        ("reset", {"after_ms": 5}, "add every_new: true"),
        ("reset", {"every_new": True, "after_ms": -1}, "after_ms must be at least 0"),
        ("slow_close", {"delay_ms": 0}, "delay_ms must be at least 1"),
        ("slice", {"average_bytes": 0}, "average_bytes must be at least 1"),
        ("slice", {"average_bytes": 5, "variation_bytes": 6}, "variation_bytes must be"),
        ("slice", {"delay_us": -1}, "delay_us must be at least 0"),
        ("limit", {"after_bytes": -1}, "after_bytes must be at least 0"),
        ("flap", {"up_s": 0}, "up_s must be at least 0.05"),
        ("flap", {"down_s": 20, "for_s": 10}, "shows after 21 s"),
        ("partition", {"between": ["a", "b"]}, "say target .* or between, and not both"),
        ("partition", {"between": "ab"}, "between must be a list of names"),
        ("partition", {"shape": "rnig"}, "did you mean ring"),
        ("dns", {"how": "fial"}, "did you mean fail"),
        ("dns", {"answer": "nowhere"}, "answer must be an IPv4 address"),
        ("dns", {"how": "delay", "delay_ms": 20_000}, "shows after 20 s"),
    ],
)
def test_action_refuses_what_makes_no_sense_before_anything_happens(
    conductor, name, said, told
):
    with pytest.raises(BadArgument, match=f"^network.{name}: .*{told}") as refused:
        getattr(actions, name)("redis-primary", **said)

    assert conductor.asked == []
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "say target .* or between, and not both"),
        ({"between": [["a"]]}, "between two groups of names, or more"),
        ({"between": ["a", "a"]}, "nobody would be cut off"),
        ({"between": ["a", "b"], "shape": "halves"}, "halves is around a target"),
        ({"target": "a", "shape": "ring", "one_way": True}, "ring has no side to silence"),
    ],
)
def test_partition_refuses_what_no_nodes_could_make_possible(conductor, said, told):
    with pytest.raises(BadArgument, match=f"^network.partition: .*{told}"):
        actions.partition(**said)

    assert conductor.asked == []


def test_action_refuses_to_hit_only_the_target_itself(conductor):
    with pytest.raises(BadArgument, match=r"^network.loss: only_from is the target itself"):
        actions.loss("redis-1", only_from="redis-1")

    assert conductor.asked == []
