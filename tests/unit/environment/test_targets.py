"""Targets of a user's own: reachable, findable, and never ended when they cannot be started again."""

import pytest

from chaos_ext.environment.model import Target
from chaos_ext.environment.targets import read_targets
from chaos_ext.experiment.strict import Reader

OWN = {"system": "redis", "url": "redis://127.0.0.1:6379", "attach": {"port": 6379}}
FAR = {"system": "redis", "url": "redis://cache.example:6379"}


def targets(kind, **named):
    problems = []
    data = {"targets": {name.replace("_", "-"): each for name, each in named.items()}}
    return read_targets(Reader(data, "", None, problems), kind), problems


def test_read_targets_gives_an_attached_target():
    own = OWN | {"allow": ["kill", "process.pause"], "start": ["redis-server", "-a", "-a"]}

    found, problems = targets("native", redis_primary=own)

    assert problems == []
    assert found["redis-primary"] == Target(
        name="redis-primary",
        system="redis",
        url="redis://127.0.0.1:6379",
        attach={"port": 6379},
        allow=("kill", "process.pause"),
        start=("redis-server", "-a", "-a"),
    )


def test_read_targets_permits_nothing_on_an_attached_target_unless_told():
    assert targets("native", redis_primary=OWN)[0]["redis-primary"].allow == ()


def test_read_targets_leaves_a_remote_target_to_the_environments_list():
    assert targets("remote", redis_primary=FAR)[0]["redis-primary"].allow is None


@pytest.mark.parametrize(
    ("kind", "target", "problem"),
    [
        ("native", 5, "targets.redis-primary must be a mapping"),
        (
            "native",
            OWN | {"sytem": 1},
            "redis-primary.sytem is not a known key (did you mean system?)",
        ),
        ("native", OWN | {"system": 5}, "targets.redis-primary.system must be text"),
        ("native", OWN | {"attach": {}}, "attach must have one of pid_file, port, unit"),
        ("native", OWN | {"attach": {"port": 1, "unit": "a"}}, "attach must have one of"),
        (
            "native",
            OWN | {"attach": {"prt": 1, "port": 1}},
            "attach.prt is not a known key (did you",
        ),
        (
            "native",
            OWN | {"attach": {"port": 70000}},
            "attach.port must be a whole number from 1",
        ),
        ("native", OWN | {"attach": {"port": "6379"}}, "attach.port must be a whole number"),
        ("native", OWN | {"attach": {"pid_file": 5}}, "attach.pid_file must be text"),
        ("native", OWN | {"attach": {"unit": "-H evil"}}, "which is not the name of a unit"),
        ("native", OWN | {"allow": ["paus"]}, "allow has 'paus', which is no fault"),
        (
            "native",
            OWN | {"allow": ["kill"]},
            "allow has kill without start: what we cannot start",
        ),
        (
            "native",
            OWN | {"allow": ["process.terminate"]},
            "has process.terminate without start",
        ),
        ("native", OWN | {"allow": ["restart"]}, "has restart without start"),
        ("native", OWN | {"start": "redis-server"}, "start must be a list, not 'redis-server'"),
        ("native", OWN | {"stand_in": "yes"}, "stand_in must be true or false"),
        (
            "native",
            OWN | {"url": None},
            "url is missing: it must be an address, as in redis://",
        ),
        (
            "native",
            OWN | {"url": 5},
            "url must be an address, as in redis://127.0.0.1:6379, not 5",
        ),
        ("native", OWN | {"url": "cache:6379"}, "url must be an address"),
        ("native", OWN | {"url": "redis://:pa55@h:pa55"}, "url must be an address"),
        ("remote", OWN, "attach makes no sense for a remote target: its process is not here"),
        ("remote", FAR | {"start": ["a"]}, "start makes no sense for a remote target"),
    ],
)
def test_read_targets_tells_what_is_wrong_and_where(kind, target, problem):
    _, problems = targets(kind, redis_primary=target)

    assert len(problems) == 1, problems
    assert problem in problems[0]
    assert "pa55" not in problems[0]


def test_read_targets_refuses_a_name_that_cannot_be_typed_twice_alike():
    _, problems = targets("remote", **{"Redis Primary": FAR})

    assert problems == [
        "targets.Redis Primary must be named in lower case, as in redis-primary"
    ]
