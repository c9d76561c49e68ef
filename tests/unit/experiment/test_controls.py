"""Ours must guard the run: present once, whole, and not pushed aside by another of its name."""

import pytest

from chaos_ext.experiment.controls import problems

OURS = {"name": "chaos_ext", "provider": {"type": "python", "module": "chaos_ext.control"}}
OTHER = {"name": "other", "provider": {"type": "python", "module": "shop"}}
FIRST = ("controls", 0)


def test_problems_are_none_when_ours_is_there_once(experiment):
    assert problems(experiment) == []


@pytest.mark.parametrize("place", [("method", 0), ("steady-state-hypothesis",)])
def test_problems_are_none_beside_another_control(changed, place):
    assert problems(changed(*place, "controls", [OTHER])) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["controls"], ..., "controls has no control of module chaos_ext.control: add {name:"),
        (["controls"], [], "or nothing guards the run"),
        (["controls"], [OTHER], "controls has no control of module chaos_ext.control"),
        ([*FIRST, "scope"], "before", "controls[0].scope takes half of the hooks"),
        ([*FIRST, "automatic"], False, "controls[0].automatic must not be false"),
        (
            ["controls", "+"],
            OURS,
            "controls[1] is chaos_ext.control again: it must be there once",
        ),
        (["method", 0, "controls"], [OURS], "method[0].controls[0] is chaos_ext.control again"),
        (
            ["controls", "+"],
            OTHER | {"name": "chaos_ext"},
            "controls[1].name is 'chaos_ext', the",
        ),
        (["method", 0, "controls"], [OTHER | {"name": "chaos_ext"}], "only one of them"),
        (
            ["controls", "+"],
            OTHER | {"scop": 1},
            "controls[1].scop is not a known key (did you",
        ),
        (
            ["controls", "+"],
            OTHER | {"scope": "befor"},
            "scope is 'befor' (did you mean before?)",
        ),
        (["controls", "+"], OTHER | {"automatic": 1}, "automatic must be true or false, not 1"),
        (["controls", "+"], 5, "controls[1] must be a mapping"),
        (["controls", "+"], {"name": "a"}, "controls[1].provider must be a mapping"),
        (
            ["method", 0, "controls"],
            [{"ref": "chaos_ext"}],
            "makes the host drop chaos_ext.control",
        ),
        (["method", 0, "controls"], {}, "method[0].controls must be a list, not a mapping"),
    ],
)
def test_problems_tells_why_the_run_would_not_be_guarded(changed, path, value, problem):
    found = problems(changed(*path, value))

    assert len(found) == 1, found
    assert problem in found[0]


def test_problems_refuses_a_control_that_cannot_be_imported(changed):
    missing = {"name": "guard", "provider": {"type": "python", "module": "safeguads"}}

    found = problems(changed("controls", "+", missing))

    assert found == ["controls[1].provider.module 'safeguads' does not exist"]


def test_problems_guesses_when_our_module_is_misspelt(changed):
    found = problems(changed(*FIRST, "provider", "module", "chaos_ext.contrl"))

    assert any("(did you mean chaos_ext.control?)" in each for each in found), found
