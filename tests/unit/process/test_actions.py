"""What YAML asks for is asked of the conductor, and nothing else is done."""

import pytest

from chaos_ext.lease.session import Asked
from chaos_ext.process import actions


@pytest.mark.parametrize("name", actions.__all__)
def test_action_names_its_fault_by_its_module(conductor, name):
    told = getattr(actions, name)("redis-primary", for_s=3)

    assert told == {"landed": True}
    assert conductor.asked == [Asked(f"chaos_ext.process.{name}", "redis-primary", 3)]


@pytest.mark.parametrize("name", ["kill", "terminate"])
def test_action_lasts_until_the_end_when_nothing_is_to_be_restarted(conductor, name):
    getattr(actions, name)("redis-primary", restart=False)

    assert conductor.asked[0].until_the_end
