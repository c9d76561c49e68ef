"""How far two clocks are apart, when asking takes time as well."""

import pytest

from chaos_ext.clock import asking
from chaos_ext.clock.asking import Apart
from chaos_ext.errors import BadArgument


def test_clock_is_compared_with_ours_in_the_middle_of_asking(monkeypatch):
    ours = iter([100.0, 100.4])
    monkeypatch.setattr(asking, "now_s", lambda: next(ours))

    class Inside:
        @staticmethod
        def now_s(address):
            assert address == ["127.0.0.1", 1]
            return 160.2

    monkeypatch.setattr(asking, "inside", lambda system: Inside)

    found = asking.apart({"system": "redis", "bind": ["127.0.0.1", 1]})

    assert found.ahead_s == pytest.approx(60)
    assert found.give_or_take_s == pytest.approx(0.2)


def test_apart_may_be_wrong_by_half_of_what_asking_took():
    assert Apart(0, 60.2, 0.2).by(60, 0.05)
    assert not Apart(0, 60.2, 0.01).by(60, 0.05)


@pytest.mark.parametrize("system", ["nobody", "process"])
def test_system_that_nobody_can_ask_is_refused(system):
    with pytest.raises(BadArgument, match=f"nobody knows how to ask {system} its time"):
        asking.inside(system)
