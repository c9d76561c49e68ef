"""The limit that a server keeps itself is lowered, and put back to whatever it was."""

from types import SimpleNamespace

import pytest

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.resource import insides
from chaos_ext.resource.memory_server import MemoryServer

MB = 1 << 20
WAY = {"system": "redis", "bind": ["127.0.0.1", 6379]}


@pytest.fixture
def server(monkeypatch):
    """What a server says and was told."""
    found = SimpleNamespace(used=10 * MB, limit=100 * MB, told=[], silent=False)

    def memory(_address):
        if found.silent:
            raise TargetUnreachable("nobody")
        return found.used, found.limit

    def limit_memory(_address, limit):
        found.told.append(limit)
        found.limit = limit

    inside = SimpleNamespace(memory=memory, limit_memory=limit_memory)
    monkeypatch.setattr(insides, "inside", lambda _system, _word: inside)
    return found


@pytest.fixture
def fault(target, server):
    return MemoryServer(target, 5, WAY)


@pytest.mark.parametrize("limit", [0, 100 * MB])
def test_limit_is_what_it_uses_and_the_headroom(server, fault, limit):
    server.limit = limit
    before = fault.look()

    fault.inject(before)

    assert before == {"limit": limit, "lowered": 15 * MB}
    assert fault.landed(before) == {"limit_mb": 15, "used_mb": 10, "before_mb": limit / MB}


def test_headroom_that_is_there_no_more_is_refused(server, fault):
    server.limit = 12 * MB

    with pytest.raises(
        BadArgument, match=r"redis-1 has 2 MB left as it is; make headroom_mb less"
    ):
        fault.look()


def test_fault_is_in_place_no_more_when_somebody_else_has_set_the_limit(server, fault):
    before = fault.look()
    fault.inject(before)
    server.limit = 50 * MB

    assert fault.landed(before) is None


def test_limit_is_put_back_once(server, fault):
    before = fault.look()
    fault.inject(before)

    fault.heal(before)
    fault.heal(before)

    assert server.told == [15 * MB, 100 * MB]
    assert fault.healed(before)


def test_server_that_is_gone_keeps_no_limit(server, fault, target):
    before = fault.look()
    server.silent, target.alive = True, False

    fault.heal(before)

    assert fault.healed(before)
    assert fault.landed(before) is None


def test_server_that_lives_and_is_silent_is_not_healed(server, fault):
    before = fault.look()
    fault.inject(before)
    server.silent = True

    with pytest.raises(TargetUnreachable):
        fault.healed(before)
