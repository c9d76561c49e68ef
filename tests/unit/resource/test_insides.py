"""What a system knows of itself is found by its name."""

import pytest

from chaos_ext.errors import NotAllowed
from chaos_ext.redis import inside
from chaos_ext.resource import insides


def test_system_is_found_by_its_name():
    assert insides.inside("redis", "connections") is inside


@pytest.mark.parametrize(
    ("system", "word"), [("redis", "sing"), ("toy", "connections"), ("network", "connections")]
)
def test_system_that_knows_nothing_of_it_is_told(system, word):
    assert not insides.knows(system, word)
    with pytest.raises(NotAllowed, match=f"nobody has told how to ask {system} for its {word}"):
        insides.inside(system, word)
