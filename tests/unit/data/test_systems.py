"""A system's own knowledge is found by its name, and missed in words."""

import pytest

from chaos_ext.data import systems
from chaos_ext.errors import BadArgument


@pytest.mark.parametrize("part", ["files", "keys", "following"])
def test_redis_knows_all_of_it(part):
    assert systems.of("redis", part).__name__ == f"chaos_ext.redis.{part}"


@pytest.mark.parametrize("system", ["postgres", "nobody"])
def test_what_nobody_knows_is_refused_in_words(system):
    with pytest.raises(BadArgument, match=f"^data: nobody knows the keys of {system}$"):
        systems.of(system, "keys")
