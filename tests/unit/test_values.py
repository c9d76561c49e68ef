"""Wrong values are refused with the fault's name and the nearest right word."""

import pytest

from chaos_ext import values
from chaos_ext.errors import BadArgument


class Somewhere(values.Checked):
    noun = "somewhere"


CHECK = Somewhere("slow")


@pytest.mark.parametrize("value", [1, 0.5, 10])
def test_number_is_accepted_within_its_range(value):
    assert CHECK.number("percent", value, least=0, most=10, above=True) is None


@pytest.mark.parametrize(
    "value", [0, -1, 10.1, 10**400, float("nan"), float("inf"), True, None, "5", [5]]
)
def test_number_is_refused_outside_its_range(value):
    with pytest.raises(BadArgument, match=r"^somewhere.slow: percent must be above 0 and at "):
        CHECK.number("percent", value, least=0, most=10, above=True)


@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_whole_number_is_nothing_else(value):
    with pytest.raises(BadArgument, match="ms must be a whole number, not"):
        CHECK.whole("ms", value, least=0, most=10)


def test_whole_number_has_a_range():
    with pytest.raises(BadArgument, match="ms must be at least 1 and at most 600,000, not 0"):
        CHECK.whole("ms", 0, least=1, most=600_000)


@pytest.mark.parametrize(
    ("word", "told"),
    [("donwstream", r"did you mean downstream\?"), (7, "known: downstream, both")],
)
def test_word_is_refused_with_the_nearest(word, told):
    with pytest.raises(BadArgument, match=told):
        CHECK.word("stream", word, ("downstream", "both"))


@pytest.mark.parametrize(
    ("value", "is_one"), [(1, True), (0.5, True), (True, False), ("1", False)]
)
def test_number_is_told_from_what_only_looks_like_one(value, is_one):
    assert values.is_number(value) is is_one
