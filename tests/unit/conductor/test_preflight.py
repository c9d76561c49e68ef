"""What a witness is to stay with is known before anything starts."""

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
