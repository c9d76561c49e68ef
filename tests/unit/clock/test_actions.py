"""What YAML asks for is checked, asked of the conductor, and nothing else is done."""

import pytest

from chaos_ext.clock import actions
from chaos_ext.errors import BadArgument, NoConductor
from chaos_ext.experiment.vocabulary import FAULTS
from chaos_ext.lease import session

DEFAULTS = {"jump": {"by_s": 60.0}, "skew": {"ms_per_s": 100.0}}
each_fault = pytest.mark.parametrize(("name", "settings"), DEFAULTS.items())


def test_actions_are_all_the_faults_that_the_vocabulary_has():
    assert sorted(FAULTS["clock"]) == actions.__all__


@each_fault
def test_action_names_its_fault_its_settings_and_the_way_it_needs(conductor, name, settings):
    getattr(actions, name)("redis-primary", for_s=20.0)

    (asked,) = conductor.asked
    assert (asked.fault, asked.target) == (f"chaos_ext.clock.{name}", "redis-primary")
    assert (asked.settings, asked.for_s) == (settings, 20.0)
    assert asked.paths == ("redis-primary",)


@each_fault
def test_action_does_nothing_without_a_conductor(name, settings):
    session.end()

    with pytest.raises(NoConductor, match=f"^clock.{name}: no conductor guards this run"):
        getattr(actions, name)("redis-primary")


def test_action_refuses_what_makes_no_sense(conductor):
    with pytest.raises(BadArgument, match="by_s"):
        actions.jump("redis-primary", by_s=0)
    with pytest.raises(BadArgument, match="ms_per_s"):
        actions.skew("redis-primary", ms_per_s=1000)

    assert conductor.asked == []
