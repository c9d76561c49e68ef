"""What YAML asks for is checked, asked of the conductor, and nothing else is done."""

import pytest

from chaos_ext.data import actions
from chaos_ext.errors import BadArgument, NoConductor
from chaos_ext.experiment.vocabulary import FAULTS
from chaos_ext.lease import session

CORRUPT = {
    "what": "append_only",
    "how": "flip",
    "at": "middle",
    "bytes": 16,
    "file": "",
    "restore": True,
}
PLAIN = {
    "corrupt": ({}, CORRUPT),
    "delete_keys": ({"match": "a:*"}, {"match": "a:*", "count_max": 100}),
    "repair": ({}, {"what": "append_only"}),
    "stale_replica": ({}, {}),
}
plain = pytest.mark.parametrize(
    ("name", "said", "settings"), [(name, *both) for name, both in PLAIN.items()]
)


def test_actions_are_all_the_faults_that_the_vocabulary_has():
    assert sorted(FAULTS["data"]) == actions.__all__ == sorted(PLAIN)


@plain
def test_action_names_its_fault_its_settings_and_the_way_it_needs(
    conductor, name, said, settings
):
    getattr(actions, name)("redis-1", for_s=20.0, **said)

    (asked,) = conductor.asked
    assert (asked.fault, asked.target) == (f"chaos_ext.data.{name}", "redis-1")
    assert (asked.settings, asked.for_s, asked.paths) == (settings, 20.0, ("redis-1",))


@plain
def test_action_does_nothing_without_a_conductor(name, said, settings):
    session.end()

    with pytest.raises(NoConductor, match=f"^data.{name}: no conductor guards this run"):
        getattr(actions, name)("redis-1", **said)


def test_action_refuses_what_makes_no_sense(conductor):
    with pytest.raises(
        BadArgument, match=r"data\.corrupt: how: 'flop' is not known .did you mean flip"
    ):
        actions.corrupt("redis-1", how="flop")
    with pytest.raises(BadArgument, match=r"data\.delete_keys: match must be a pattern"):
        actions.delete_keys("redis-1", match="")

    assert conductor.asked == []
