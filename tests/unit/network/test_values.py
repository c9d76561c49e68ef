"""Wrong values are refused with the fault's name and the nearest right word."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network.values import Checked

CHECK = Checked("latency")


@pytest.mark.parametrize("value", [1, 0.5, 10])
def test_number_is_accepted_within_its_range(value):
    assert CHECK.number("percent", value, least=0, most=10, above=True) is None


@pytest.mark.parametrize(
    "value", [0, -1, 10.1, 10**400, float("nan"), float("inf"), True, None, "5", [5]]
)
def test_number_is_refused_outside_its_range(value):
    with pytest.raises(BadArgument, match=r"^network.latency: percent must be above 0 and at "):
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


@pytest.mark.parametrize("text", ["localhost", "1.2.3", "::1", None, 5])
def test_address_is_ipv4(text):
    with pytest.raises(BadArgument, match="answer must be an IPv4 address"):
        CHECK.address("answer", text)


@pytest.mark.parametrize(
    ("target", "groups", "names"),
    [
        ("redis-1", [], ["redis-1"]),
        ("", [["a", "b"], ["c"]], ["a", "b", "c"]),
        ("", [["a", "b"], ["b", "c"]], ["a", "b", "c"]),
    ],
)
def test_names_are_of_the_target_or_of_the_groups(target, groups, names):
    assert CHECK.names(target, groups) == names


@pytest.mark.parametrize(
    ("target", "groups"),
    [("", []), ("a", [["b"]]), ("", [[]]), ("", [["a"], [1]]), ("", [["a"], 7]), ("", [[""]])],
)
def test_names_are_refused_when_they_say_nothing(target, groups):
    with pytest.raises(BadArgument, match="between"):
        CHECK.names(target, groups)


def test_fault_must_outlast_its_own_effect():
    with pytest.raises(BadArgument, match="shows after 5 s and would be over by then"):
        CHECK.lasts(3, 5.0)


@pytest.mark.parametrize("for_s", [5.1, 0, -1, None, "x", True])
def test_for_s_is_left_to_the_conductor_otherwise(for_s):
    assert CHECK.lasts(for_s, 5.0) is None
