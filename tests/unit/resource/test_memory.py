"""How memory is taken is chosen from what was asked for, the system, and the machine."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.resource import cgroups, insides, memory
from chaos_ext.resource.memory import Memory

WAY = {
    "redis-primary": {"system": "redis", "bind": ["127.0.0.1", 1], "service": ["127.0.0.1", 1]}
}


class Way:
    """One way to take memory, which only says that it was asked."""

    def __init__(self, *said):
        self.said, self.done = said, []

    def look(self):
        return {"seen": True}

    def inject(self, before):
        self.done.append(("inject", before))

    def landed(self, _before):
        return {"held_mb": 64}

    def heal(self, before):
        self.done.append(("heal", before))

    def healed(self, _before):
        return True

    def clear(self, before):
        self.done.append(("clear", before))


@pytest.fixture
def made(target, monkeypatch):
    """Makes faults whose ways only say that they were asked."""
    for name in ("MemoryHold", "MemoryLimit", "MemoryServer"):
        monkeypatch.setattr(memory, name, type(name, (Way,), {}))
    monkeypatch.setattr(cgroups, "possible", lambda _controller: "")
    return lambda **settings: Memory(target, WAY, **settings)


@pytest.mark.parametrize(
    ("settings", "by"),
    [
        ({"mb": 64}, "hold"),
        ({"headroom_mb": 5}, "server"),
        ({"headroom_mb": 5, "by": "limit"}, "limit"),
        ({"headroom_mb": 5, "by": "server"}, "server"),
    ],
)
def test_way_is_chosen_and_told(made, settings, by):
    fault = made(**settings)

    assert fault.look() == {"by": by, "seen": True}
    assert fault.landed() == {"by": by, "held_mb": 64}
    assert type(fault._way).__name__ == f"Memory{by.title()}"


def test_limit_is_chosen_where_the_server_keeps_none(made, monkeypatch):
    monkeypatch.setattr(insides, "knows", lambda _system, _word: False)

    assert made(headroom_mb=5).look()["by"] == "limit"


def test_headroom_is_refused_where_nobody_can_limit_it(made, monkeypatch):
    monkeypatch.setattr(insides, "knows", lambda _system, _word: False)
    monkeypatch.setattr(cgroups, "possible", lambda _controller: "control groups need root")

    with pytest.raises(
        BadArgument, match="headroom_mb on redis-1: control groups need root; say mb"
    ):
        made(headroom_mb=5).look()


def test_same_way_is_taken_by_whoever_has_only_the_lease(made):
    before = made(headroom_mb=5, by="limit").look()

    fault = made(headroom_mb=5, before=before)
    fault.heal()

    assert type(fault._way).__name__ == "MemoryLimit"
    assert fault._way.done == [("heal", before)]


def test_memory_is_healed_twice_where_nothing_was_done(made):
    fault = made(mb=64)

    fault.heal()
    fault.heal()

    assert fault.healed()
    assert fault._way is None


def test_what_the_server_itself_limits_does_not_outlast_it(made):
    fault = made(headroom_mb=5)
    fault.look()

    fault.clear()

    assert fault._way.done == []
    assert fault.healed()
