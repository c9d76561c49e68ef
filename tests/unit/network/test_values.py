"""What only a fault of the network may be asked for: addresses, names, groups, and time enough."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.network.values import Checked

CHECK = Checked("latency")


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
