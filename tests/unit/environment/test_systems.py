"""The systems of a native lab: defaults, the file's changes, and a proof's weakening, all typed."""

import pytest

from chaos_ext.environment.systems import defaults, read
from chaos_ext.experiment.strict import Reader


def labs(systems=..., weaken=None, kind="native", attached=(), wanted=None):
    problems = []
    data = {} if systems is ... else {"systems": systems}
    reader = Reader(data, "", None, problems)
    return read(reader, kind, set(attached), wanted or {}, weaken or {}), problems


def test_read_gives_what_ships_when_nothing_is_written():
    assert labs() == (defaults(), [])


def test_read_changes_only_what_is_written():
    found, problems = labs({"redis": {"replicas": 1}})

    assert problems == []
    assert found == {"redis": {**defaults()["redis"], "replicas": 1}}


def test_read_takes_a_system_without_changes():
    assert labs({"redis": None}) == ({"redis": defaults()["redis"]}, [])


def test_read_weakens_after_the_file_was_read():
    weaken = {"redis": {"append_only": False, "down_after_ms": 30000}}

    found, problems = labs({"redis": {"down_after_ms": 500}}, weaken)

    assert problems == []
    assert found["redis"] == {**defaults()["redis"], **weaken["redis"]}


def test_read_leaves_the_defaults_alone_when_it_weakens():
    labs(weaken={"redis": {"replicas": 0}})

    assert defaults()["redis"]["replicas"] == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"systems": {"rdis": {}}},
            "systems.rdis is not a system we can start (did you mean redis?)",
        ),
        (
            {"systems": {"redis": {"replica": 1}}},
            "systems.redis.replica is not a known key (did you",
        ),
        (
            {"systems": {"redis": {"replicas": -1}}},
            "systems.redis.replicas must be a whole number",
        ),
        (
            {"systems": {"redis": {"replicas": 1.0}}},
            "systems.redis.replicas must be a whole number",
        ),
        ({"systems": {"redis": {"replicas": 99}}}, "whole number from 0 to 9, not 99"),
        ({"systems": {"redis": {"port": 0}}}, "whole number from 1 to 65535, not 0"),
        (
            {"systems": {"redis": {"append_only": 1}}},
            "append_only must be true or false, not 1",
        ),
        ({"systems": {"redis": [1]}}, "systems.redis must be a mapping, not a list"),
        (
            {"weaken": {"redis": {"down_after": 1}}},
            "weaken.redis.down_after is not a known key (did",
        ),
        ({"weaken": {"redis": {"quorum": "2"}}}, "weaken.redis.quorum must be a whole number"),
        (
            {"weaken": {"rdis": {}}},
            "weaken.rdis: no lab of that system is started (did you mean",
        ),
        (
            {"weaken": {"redis": {}}, "attached": ["redis"]},
            "weaken.redis: no lab of that system",
        ),
        ({"weaken": {"redis": {}}, "kind": "remote"}, "nothing can be weakened in a remote"),
    ],
)
def test_read_tells_what_is_wrong_and_where(arguments, problem):
    _, problems = labs(**arguments)

    assert len(problems) == 1, problems
    assert problem in problems[0]


def test_read_sets_the_labs_as_the_experiment_wants_them_and_weakens_that():
    wanted, weaken = {"redis": {"replicas": 1, "quorum": 3}}, {"redis": {"quorum": 1}}

    found, problems = labs(wanted=wanted, weaken=weaken)

    assert not problems
    assert (found["redis"]["replicas"], found["redis"]["quorum"]) == (1, 1)


def test_read_refuses_what_an_experiment_wants_of_no_system_we_can_start():
    _, problems = labs(wanted={"rediss": {"replicas": 1}})

    assert any("systems.rediss" in problem and "redis" in problem for problem in problems)


def test_read_lets_an_experiment_want_what_it_likes_of_servers_that_are_not_ours():
    found, problems = labs(attached=["redis"], wanted={"redis": {"replicas": 1}})

    assert ("redis" in found, problems) == (False, [])
