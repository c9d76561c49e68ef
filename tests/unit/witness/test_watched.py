"""A system is found by its folder, or refused by name."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.redis.watch import RedisCanary
from chaos_ext.witness.watched import watched


def test_watched_finds_the_half_of_a_system_when_it_has_one():
    target = {"primary": ["127.0.0.1", 6379]}

    half = watched("redis", target, "r1")

    assert isinstance(half, RedisCanary)


def test_watched_refuses_when_the_system_cannot_be_watched():
    with pytest.raises(BadArgument, match="'abacus' cannot be watched"):
        watched("abacus", {}, "r1")
