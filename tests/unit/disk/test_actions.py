"""What YAML asks for is checked, asked of the conductor, and nothing else is done."""

import pytest

from chaos_ext.disk import actions
from chaos_ext.errors import BadArgument, NoConductor
from chaos_ext.experiment.vocabulary import FAULTS
from chaos_ext.lease import session

DEFAULTS = {
    "slow": {"ms": 100.0, "ops": ["fsync"], "jitter_ms": 0.0},
    "errors": {"errno": "EIO", "ops": ["write", "fsync"], "percent": 100.0},
    "read_only": {},
    "full": {"leave_mb": 0},
}
WRONG = [
    ("slow", {"ms": 0}, "ms must be at least 1"),
    ("slow", {"ms": float("nan")}, "ms must be at least 1"),
    ("slow", {"ms": True}, "ms must be at least 1"),
    ("slow", {"jitter_ms": 51}, "jitter_ms must be at least 0 and at most 50"),
    ("slow", {"ops": []}, "ops must be a list of at least one of fsync, write"),
    ("slow", {"ops": "fsync"}, "ops must be a list"),
    ("slow", {"ops": ["fsnc"]}, "did you mean fsync?"),
    ("slow", {"ops": [["fsync"]]}, "ops: .* is not known"),
    ("slow", {"ms": 3000, "for_s": 5}, "for_s 5 is too short for operations of 3000 ms"),
    ("errors", {"errno": "EOI"}, "errno: 'EOI' is not known"),
    ("errors", {"errno": 5}, "errno: 5 is not known"),
    ("errors", {"percent": 0.5}, "percent must be at least 1"),
    ("errors", {"percent": 101}, "percent must be at least 1 and at most 100"),
    ("full", {"leave_mb": -1}, "leave_mb must be at least 0"),
    ("full", {"leave_mb": 1.5}, "leave_mb must be a whole number"),
]
each_fault = pytest.mark.parametrize(("name", "settings"), DEFAULTS.items())


def test_actions_are_all_the_faults_that_the_vocabulary_has():
    assert sorted(FAULTS["disk"]) == actions.__all__


@each_fault
def test_action_names_its_fault_its_settings_and_the_way_it_needs(conductor, name, settings):
    getattr(actions, name)("redis-primary", for_s=20.0)

    (asked,) = conductor.asked
    assert (asked.fault, asked.target) == (f"chaos_ext.disk.{name}", "redis-primary")
    assert (asked.settings, asked.for_s) == (settings, 20.0)
    assert asked.paths == ("redis-primary",)
    assert asked.limits == (name == "full")


@each_fault
def test_action_does_nothing_without_a_conductor(name, settings):
    session.end()

    with pytest.raises(NoConductor, match=f"^disk.{name}: no conductor guards this run"):
        getattr(actions, name)("redis-primary")


@pytest.mark.parametrize(("name", "said", "why"), WRONG)
def test_action_refuses_what_makes_no_sense(conductor, name, said, why):
    with pytest.raises(BadArgument, match=f"^disk.{name}: {why}" if why[0] != "d" else why):
        getattr(actions, name)("redis-primary", **said)

    assert conductor.asked == []


def test_action_hands_on_a_list_of_its_own(conductor):
    ops = ["read"]
    actions.slow("redis-primary", ops=ops)

    ops.append("write")

    assert conductor.asked[0].settings["ops"] == ["read"]
