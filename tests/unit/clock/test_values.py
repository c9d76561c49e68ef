"""A clock is set wrong by an amount that somebody could see, and that leads nowhere absurd."""

import pytest

from chaos_ext.clock import values
from chaos_ext.errors import BadArgument

NONSENSE = [0, True, "60", None, float("nan"), float("inf"), [], -0.0]


@pytest.mark.parametrize("by_s", [*NONSENSE, 0.1, -0.1, 4e8])
def test_jump_refuses(by_s):
    with pytest.raises(BadArgument, match=r"^clock\.jump: by_s must be a number from 0\.2"):
        values.refuse_jump(by_s)


@pytest.mark.parametrize("by_s", [0.2, -0.2, 60, -86_400.5])
def test_jump_takes(by_s):
    values.refuse_jump(by_s)


@pytest.mark.parametrize("ms_per_s", [*NONSENSE, 1, -4.9, 501, -1000])
def test_skew_refuses(ms_per_s):
    with pytest.raises(BadArgument, match=r"^clock\.skew: ms_per_s must be a number from 5"):
        values.refuse_skew(ms_per_s, 10)


@pytest.mark.parametrize("ms_per_s", [5, -5, 100.0, -500])
def test_skew_takes(ms_per_s):
    values.refuse_skew(ms_per_s, 10)


def test_skew_refuses_to_be_over_before_it_shows():
    with pytest.raises(BadArgument, match="it shows after 4 s and would be over by then"):
        values.refuse_skew(5, 4)


def test_skew_shows_the_sooner_the_faster_it_is():
    assert values.shows_after_s(-100) == pytest.approx(0.2)
    assert values.shows_after_s(5) == pytest.approx(4)
