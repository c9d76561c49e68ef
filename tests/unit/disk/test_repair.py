"""What a dead pass-through took with it is brought back, in order, and only where that is needed."""

import os
from pathlib import Path

import pytest

from chaos_ext.disk import repair
from chaos_ext.errors import HealFailed, NotAllowed
from chaos_ext.lease import identity
from chaos_ext.passthrough import mounting
from chaos_ext.passthrough.mounting import Seen

GONE = 1 << 30  # above every pid there can be


@pytest.fixture
def over(monkeypatch):
    """Decides what seems to be mounted over every folder."""

    def lies(pid):
        me = identity.of(os.getpid())
        source = f"chaos_ext:{pid or me.pid}:{me.start}"
        seen = Seen(mounting.KIND, source)
        monkeypatch.setattr(mounting, "top", lambda _: seen if pid >= 0 else None)
        monkeypatch.setattr(mounting, "clear_dead", lambda _: None)
        return source

    return lies


def test_sound_disk_is_left_alone(server, way, over):
    source = over(0)

    assert repair.repair(server, way, source) is False
    assert server.done == []


@pytest.mark.parametrize("pid", [GONE, -1], ids=["dead", "unmounted"])
def test_pass_through_that_is_gone_is_brought_back_before_its_server(server, way, over, pid):
    over(pid)

    assert repair.repair(server, way, "as it was") is True

    assert server.done == ["end", "start redis-1-disk", "start"]


def test_repair_is_done_once(server, way, over):
    over(GONE)
    repair.repair(server, way, "as it was")
    source = over(0)

    assert repair.repair(server, way, "as it was") is False
    assert repair.repair(server, way, source) is False
    assert server.done == ["end", "start redis-1-disk", "start"]


def test_server_whose_pass_through_somebody_else_brought_back_is_started_again(
    server, way, over
):
    over(0)

    assert repair.repair(server, way, "as it was") is True
    assert server.done == ["end", "start"]


def test_pass_through_that_does_not_come_back_is_told(server, way, over):
    over(GONE)
    server.beside = False

    with pytest.raises(HealFailed, match="does not come back"):
        repair.repair(server, way, "as it was")


def test_server_that_somebody_wants_dead_stays_so(server, way, over):
    source = over(0)
    server.dead = server.wanted_dead = True

    assert repair.repair(server, way, source) is False
    assert server.done == []


def test_disk_of_says_why_there_is_none(way):
    assert repair.disk_of(way, "slow")["node"] == "redis-1-disk"
    with pytest.raises(NotAllowed, match=r"disk\.slow: no pass-through stands before"):
        repair.disk_of({**way, "disk": None}, "slow")
    with pytest.raises(NotAllowed, match=r"disk\.slow: redis-1 is attached"):
        repair.disk_of({**way, "owner": "attached"}, "slow")
    assert Path(way["folder"]).is_dir()


def test_server_that_is_about_to_end_is_not_taken_for_healed(server):
    assert repair.serves(server, started=False)

    server.dying = True

    assert not repair.serves(server, started=False)
    server.wanted_dead = True
    assert repair.serves(server, started=False)
