"""Activities as written: nothing unknown, nothing of a wrong type, nothing the host would ignore."""

import pytest

from chaos_ext.experiment.shapes import problems

KNOWN = {"target": "redis-primary", "wait": 15, "text": "5", "negative": -1}
METHOD = ("method", 0)
PROBE = ("steady-state-hypothesis", "probes", 0)


def test_problems_are_none_when_activities_are_right(experiment):
    assert problems(experiment, KNOWN) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["method", 0], "x", "method[0] must be a mapping, not text"),
        ([*METHOD, "pause"], {}, "method[0].pause is not a known key (did you mean pauses?)"),
        ([*METHOD, "name"], ..., "method[0].name is missing"),
        ([*METHOD, "type"], "acton", "method[0].type is 'acton' (did you mean action?)"),
        ([*METHOD, "provider"], ..., "method[0].provider must be a mapping, as in"),
        (
            [*METHOD, "provider", "type"],
            "pyton",
            "provider.type is 'pyton' (did you mean python?)",
        ),
        ([*METHOD, "provider", "args"], {}, "provider.args is not a known key"),
        ([*METHOD, "provider", "func"], ..., "method[0].provider.func is missing"),
        (
            [*METHOD, "provider", "arguments"],
            [1],
            "provider.arguments must be a mapping, not a",
        ),
        (
            [*METHOD, "provider", "timeout"],
            3,
            "provider.timeout is ignored by the host on a Python",
        ),
        (
            [*METHOD, "provider", "secrets"],
            ["shp"],
            "secrets asks for 'shp', not a group (did you",
        ),
        ([*METHOD, "timeout"], 3, "method[0].timeout is ignored by the host: use"),
        (
            [*METHOD, "dry"],
            "actions",
            "method[0].dry is ignored by the host, and cancels --dry",
        ),
        ([*METHOD, "tolerance"], True, "method[0].tolerance is ignored by the host outside"),
        (
            [*METHOD, "background"],
            "yes",
            "method[0].background must be true or false, not 'yes'",
        ),
        ([*METHOD, "type"], "probe", "must be action: chaos_ext.process.actions holds actions"),
        ([*METHOD, "pauses"], 5, "method[0].pauses must be a mapping"),
        ([*METHOD, "pauses", "befor"], 5, "method[0].pauses.befor is not a known key (did you"),
        ([*METHOD, "pauses", "after"], -1, "method[0].pauses.after must be a number from 0"),
        ([*METHOD, "pauses", "after"], float("inf"), "pauses.after must be a number from 0"),
        ([*METHOD, "pauses", "after"], "5", "pauses.after must be a number from 0"),
        ([*METHOD, "pauses", "after"], "${text}", "pauses.after must be a number from 0"),
        ([*METHOD, "pauses", "after"], "${negative}", "pauses.after must be a number from 0"),
        (
            [*PROBE, "tolerance"],
            ...,
            "tolerance is missing: the hypothesis has nothing to compare",
        ),
        ([*PROBE, "tolerance"], 0.5, "the host takes no fraction"),
        ([*PROBE, "type"], "action", "type must be probe: a hypothesis asks, it does not act"),
        ([*PROBE, "background"], True, "background is ignored by the host in a hypothesis"),
        (
            ["method", "+"],
            {"ref": "kil"},
            "method[1].ref points to 'kil', which is not there (did",
        ),
        (
            ["method", "+"],
            {"ref": "kill", "pauses": {}},
            "method[1].pauses stands beside a ref",
        ),
        (
            ["method", "+"],
            {"ref": "kill", "bckground": True},
            "method[1].bckground is not a known",
        ),
        (["rollbacks", "+"], {"ref": "nobody"}, "rollbacks[0].ref points to 'nobody'"),
    ],
)
def test_problems_tells_what_is_wrong_and_where(changed, path, value, problem):
    experiment = changed(*path, value)

    found = problems(experiment, KNOWN)

    assert len(found) == 1, found
    assert problem in found[0]


def test_problems_refuses_a_reference_when_two_have_the_name(experiment):
    experiment["method"] += [dict(experiment["method"][0]), {"ref": "kill"}]

    assert problems(experiment, KNOWN) == [
        "method[2].ref points to 'kill', and 2 have that name"
    ]


def test_problems_wants_a_tolerance_beside_a_reference_in_the_hypothesis(experiment):
    probes = experiment["steady-state-hypothesis"]["probes"]
    probes += [{"ref": "serves"}, {"ref": "serves", "tolerance": True}]

    found = problems(experiment, KNOWN)

    assert len(found) == 1
    assert "probes[1].tolerance is missing" in found[0]


@pytest.mark.parametrize(
    "provider",
    [
        {"type": "http", "url": "http://127.0.0.1", "timeout": 3, "verify_tls": False},
        {"type": "process", "path": "echo", "arguments": ["a"], "timeout": 3},
    ],
)
def test_problems_are_none_for_the_hosts_other_providers(changed, provider):
    assert problems(changed(*METHOD, "provider", provider), KNOWN) == []


@pytest.mark.parametrize(("kind", "key"), [("http", "url"), ("process", "path")])
def test_problems_names_what_a_provider_needs(changed, kind, key):
    found = problems(changed(*METHOD, "provider", {"type": kind}), KNOWN)

    assert found == [f"method[0].provider.{key} is missing: it must be text that is not empty"]
