"""A value that makes no sense is refused in one line, with the name of the fault."""

import pytest

from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.resource.values import Checked

CHECK = Checked("cpu")


@pytest.mark.parametrize("value", [0, 101, float("nan"), True, "5", None])
def test_number_must_be_one_in_range(value):
    with pytest.raises(BadArgument, match=r"^resource.cpu: percent must be at least 1"):
        CHECK.number("percent", value, least=1, most=100)


@pytest.mark.parametrize("value", [1.0, "1", False])
def test_whole_number_must_be_one(value):
    with pytest.raises(BadArgument, match="left must be a whole number"):
        CHECK.whole("left", value, least=0, most=9)


def test_word_must_be_known_or_empty():
    CHECK.word("by", "", ("hogs",))
    with pytest.raises(BadArgument, match=r"by: 'hog' is not known.*hogs"):
        CHECK.word("by", "hog", ("hogs",))


@pytest.mark.parametrize("values", [(0, 0), (1, 1)])
def test_one_of_two_must_be_said(values):
    with pytest.raises(BadArgument, match="say mb or headroom_mb, and not both"):
        CHECK.either("mb", values[0], "headroom_mb", values[1])


def test_what_a_machine_does_not_permit_is_refused():
    CHECK.possible("")
    with pytest.raises(NotAllowed, match=r"^resource.cpu: needs root"):
        CHECK.possible("needs root")
