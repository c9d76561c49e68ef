"""Full takes the means that stands there, and refuses what is not ours to take."""

import errno
import os

import pytest

from chaos_ext.disk import filled, filler
from chaos_ext.disk.filler import MB, Filler
from chaos_ext.disk.full import Full
from chaos_ext.disk.full_rule import FullRule
from chaos_ext.disk.tries import Tried, Tries
from chaos_ext.errors import BadArgument, NotAllowed

PERMITTED = {"fill_root": True, "reserve_disk_percent": 0.0, "reserve_memory_mb": 512}


def test_full_refuses_an_attached_server(server, paths, way):
    way |= {"owner": "attached", "folder": "", "disk": None}

    with pytest.raises(NotAllowed, match="redis-1 is attached: the files that it has open"):
        Full(server, paths).look()


def test_full_refuses_a_server_that_keeps_no_data(server, paths, way):
    way |= {"folder": "", "disk": None}

    with pytest.raises(NotAllowed, match="redis-1 keeps no data"):
        Full(server, paths).look()


def test_full_refuses_the_disk_of_the_machine_unless_it_is_permitted(server, paths, way):
    way["disk"] = None

    with pytest.raises(
        NotAllowed, match="the machine's own file system; give the lab small disks"
    ):
        Full(server, paths, limits={"fill_root": False}).look()


@pytest.mark.parametrize("percent", [0.0, 50.0])
def test_full_leaves_others_their_share_of_the_disk_of_the_machine(
    server, paths, way, percent, tmp_path
):
    way["disk"] = None
    limits = {**PERMITTED, "reserve_disk_percent": percent}
    least_mb = max(512, -(-int(filler.size(tmp_path) * percent / 100) // MB))

    with pytest.raises(NotAllowed, match=f"at least {least_mb}$"):
        Full(server, paths, leave_mb=least_mb - 1, limits=limits).look()


def test_full_refuses_a_disk_that_has_no_more_than_that(server, paths, way):
    way["disk"] = None

    with pytest.raises(BadArgument, match="nothing to take beyond leave_mb 9000000"):
        Full(server, paths, leave_mb=9_000_000, limits=PERMITTED).look()


def test_full_that_was_never_begun_is_healed_twice(server, paths):
    full = Full(server, paths)

    full.heal()
    full.heal()

    assert full.healed()
    assert server.done == []


def test_full_made_anew_after_a_crash_gives_back_nothing_and_sees_that_there_is_room(
    server, paths, way
):
    way["disk"] = None
    full = Full(server, paths, before={"by": "filler", "free": 1})

    full.heal()
    full.heal()

    assert full.healed()
    assert full.landed() is None


def test_full_starts_a_server_again_that_ended_of_it(server, paths, way):
    way["disk"] = None
    full = Full(server, paths, before={"by": "filler", "free": 1})
    server.dead = True

    full.heal()
    full.heal()

    assert full.healed()
    assert server.done == ["start"]


def test_full_takes_nothing_of_what_is_left_to_others_not_even_to_try_it(
    server, paths, way, tmp_path, monkeypatch
):
    way["disk"], tried = None, []
    monkeypatch.setattr(
        Tries, "grow", lambda _, size: tried.append(size) or Tried("grow", 0.1, 0)
    )
    leave_mb = filler.available(tmp_path) // MB - 4
    full = Full(server, paths, leave_mb=leave_mb, limits=PERMITTED)

    full.look()
    full.inject()
    landed = full.landed()
    full.heal()

    assert landed["taken_mb"] == pytest.approx(4, abs=3)
    assert full.healed()
    assert max(tried) <= os.sysconf("SC_PAGE_SIZE")


def test_rule_shows_when_there_is_no_room_for_more_than_is_left(server, paths):
    rule = FullRule(server, paths, leave_mb=3)

    assert rule.rules() == [{"do": "full", "left_bytes": 3 * MB}]
    assert rule.shown([Tried("grow", 1.0, 0)]) is None
    assert rule.shown([Tried("grow", 1.0, errno.ENOSPC)])["refused"] == "ENOSPC"
    assert rule.gone([Tried("grow", 1.0, 0)])
    with pytest.raises(BadArgument, match="no room for 4 MB on the disk of redis-1 already"):
        rule.refuse_before([Tried("grow", 1.0, errno.ENOSPC)])


def test_filler_holds_what_it_took_and_has_no_name(tmp_path):
    held = Filler(tmp_path)
    took = 3 * MB

    held.leave(filler.available(tmp_path) - took)

    assert held.held() == pytest.approx(took, abs=MB)
    assert list(tmp_path.iterdir()) == []
    held.close()


def test_filler_takes_nothing_where_less_is_free(tmp_path):
    held = Filler(tmp_path)

    held.leave(filler.available(tmp_path) + MB)

    assert held.held() == 0
    held.close()


def test_disk_of_a_lab_is_told_from_others(tmp_path):
    assert not filled._is_of_a_lab(tmp_path)
