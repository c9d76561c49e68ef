"""The order of a lease's life, and how it ends when something goes wrong."""

import pytest

from chaos_ext import world
from chaos_ext.errors import FaultDidNotLand, HealFailed, LedgerUnwritable, TargetGone
from chaos_ext.lease import fault as faults
from chaos_ext.lease import keeper
from chaos_ext.lease.ledger import HEALED, IN_PLACE, INTENT, UNHEALED


def test_keeper_has_the_intent_on_disk_before_the_harm(desk, lease):
    landed = desk.keeper.inject(lease(), held_server=False)

    assert desk.fake.states == [INTENT]
    assert desk.state() == (IN_PLACE, "")
    assert landed["seen"] == 1
    assert landed["ms"] >= 0


def test_keeper_does_no_harm_when_the_intent_cannot_be_kept(desk, lease, monkeypatch):
    def full(_lease):
        raise LedgerUnwritable("full")

    monkeypatch.setattr(desk.ledger, "intend", full)

    with pytest.raises(LedgerUnwritable):
        desk.keeper.inject(lease(), held_server=False)

    assert desk.fake.asked == ["close"]


def test_keeper_keeps_no_intent_when_the_target_is_dead(desk, lease):
    desk.fake.dead = True

    with pytest.raises(TargetGone):
        desk.keeper.inject(lease(), held_server=False)

    assert desk.ledger.leases() == []
    assert desk.fake.asked == ["close"]


def test_keeper_gives_a_fault_its_whole_time_when_making_it_ready_takes_some(
    desk, lease, monkeypatch
):
    asked = lease(for_s=5)
    clock = iter([1_000, 4_000, *[5_000] * 9])
    monkeypatch.setattr(keeper.world, "boottime_ns", lambda: next(clock))

    desk.keeper.inject(asked, held_server=False)

    (kept,) = desk.ledger.rows("select deadline_ns from leases")
    assert kept["deadline_ns"] == asked.deadline_ns + 3_000


def test_keeper_gives_a_fault_its_whole_time_when_it_had_to_wait_for_another(desk, lease):
    asked = lease(for_s=5)
    waited_ns = 2_000_000_000

    desk.keeper.inject(asked, held_server=False, asked_ns=world.boottime_ns() - waited_ns)

    (kept,) = desk.ledger.rows("select deadline_ns from leases")
    assert 0 <= kept["deadline_ns"] - asked.deadline_ns - waited_ns < 1_000_000_000


def test_keeper_heals_a_fault_that_did_not_land(desk, lease):
    desk.fake.lands = False

    with pytest.raises(FaultDidNotLand, match=r"fake had no effect within 0.01 s"):
        desk.keeper.inject(lease(), held_server=False)

    assert desk.fake.asked == ["inject", "heal", "close"]
    assert desk.state()[0] == HEALED
    assert desk.told[0][1] == HEALED


def test_keeper_heals_when_the_harm_was_refused_half_way(desk, lease):
    desk.fake.refuses = PermissionError("not permitted")

    with pytest.raises(PermissionError):
        desk.keeper.inject(lease(), held_server=False)

    assert desk.fake.asked == ["inject", "heal", "close"]
    assert desk.state() == (HEALED, "not landed: not permitted")


def test_keeper_waits_for_no_effect_when_it_is_asked_to_heal(desk, lease, monkeypatch):
    monkeypatch.setattr(faults, "LAND_S_MAX", 3600)
    desk.fake.lands, desk.urgent = False, "the run is healing"

    with pytest.raises(FaultDidNotLand, match=r"^fake interrupted: the run is healing$"):
        desk.keeper.inject(lease(), held_server=False)

    assert desk.state()[0] == HEALED


def test_keeper_says_what_is_left_when_healing_does_not_help(desk, lease):
    desk.keeper.inject(lease(), held_server=False)
    desk.fake.heals = False

    left = desk.keeper.heal_all("the end")

    assert left == ["fake on node: the end; node is not as before"]
    assert desk.state() == (UNHEALED, "the end; node is not as before")
    assert desk.told == [("one", UNHEALED, "the end; node is not as before", False)]


def test_keeper_says_what_is_left_when_healing_is_refused(desk, lease, monkeypatch):
    desk.keeper.inject(lease(), held_server=False)

    def refuse():
        raise HealFailed("not permitted")

    monkeypatch.setattr(desk.fake, "heal", refuse)

    assert desk.keeper.heal_all("the end") == ["fake on node: the end; not permitted"]


def test_keeper_ends_a_lease_when_its_time_has_come(desk, lease):
    desk.keeper.inject(lease(for_s=0), held_server=False)
    assert desk.keeper.next_deadline_ns() <= world.boottime_ns()

    desk.keeper.expire()

    assert desk.told == [("one", HEALED, "deadline", False)]
    assert desk.keeper.next_deadline_ns() is None


def test_keeper_leaves_a_lease_alone_before_its_time(desk, lease):
    desk.keeper.inject(lease(for_s=60), held_server=False)

    desk.keeper.expire()
    desk.keeper.watch()

    assert desk.told == []
    assert desk.state() == (IN_PLACE, "")


def test_keeper_tells_that_a_fault_ended_before_its_time(desk, lease):
    desk.keeper.inject(lease(), held_server=False)
    desk.fake.lands = False

    desk.keeper.watch()

    assert desk.told == [("one", HEALED, "ended before its time", True)]


def test_keeper_ends_a_momentary_fault_at_once(desk, lease):
    desk.fake.momentary = True

    desk.keeper.inject(lease(), held_server=False)

    assert desk.state() == (HEALED, "over")
    assert desk.keeper.heal_all("the end") == []


def test_keeper_starts_nothing_that_ends_with_its_lab(desk, lease):
    desk.keeper.inject(lease(server="lab/node"), held_server=False)
    desk.fake.dead, desk.fake.clear = True, lambda: desk.fake.asked.append("clear")

    left = desk.keeper.heal_all("the end", gone_with=frozenset({"lab/node"}))

    assert left == []
    assert desk.fake.asked == ["inject", "clear", "close"]
    assert desk.state() == (HEALED, "the end")


def test_keeper_heals_the_newest_first(desk, lease):
    for name in ("first", "second"):
        desk.keeper.inject(lease(name), held_server=False)

    desk.keeper.heal_all("the end")

    assert [told[0] for told in desk.told] == ["second", "first"]


def test_keeper_tells_that_a_fault_ended_early_when_it_cannot_be_healed(desk, lease):
    desk.keeper.inject(lease(), held_server=False)
    desk.fake.lands = desk.fake.heals = False

    desk.keeper.watch()

    assert [told[1:] for told in desk.told] == [
        (UNHEALED, "ended before its time; node is not as before", True)
    ]


def test_keeper_says_again_what_is_left_when_it_is_asked_again(desk, lease):
    desk.keeper.inject(lease(), held_server=False)
    desk.fake.heals = False
    first = desk.keeper.heal_all("once")

    second = desk.keeper.heal_all("twice")

    assert second == first != []


def test_keeper_lets_go_of_all_before_it_waits_for_any(desk, lease):
    others = [desk.other(name) for name in ("first", "second")]
    for name in ("first", "second"):
        desk.keeper.inject(lease(name), held_server=False)
    others[1].healed = lambda: others[0].asked[-1] == "heal"

    left = desk.keeper.heal_all("the end")

    assert left == []
    assert [each.asked for each in others] == [["inject", "heal", "close"]] * 2


def test_keeper_sees_to_what_is_asked_while_it_waits_for_an_end(desk, lease):
    desk.keeper.inject(lease(for_s=0), held_server=False)
    desk.fake.heals, desk.urgent = False, "the run is healing"
    desk.keeper.expire()
    told = list(desk.told)
    desk.fake.heals = True

    left = desk.keeper.heal_all("the end")

    assert (told, left) == ([], [])
    assert desk.told == [("one", HEALED, "deadline", False)]


def test_keeper_gives_all_leases_together_the_time_of_one(desk, lease, monkeypatch):
    monkeypatch.setattr(faults, "HEAL_S_MAX", 0.3)
    for name in ("first", "second", "third", "fourth"):
        desk.keeper.inject(lease(name), held_server=False)
    desk.fake.heals = False
    began = world.monotonic_ns()

    left = desk.keeper.heal_all("the end")

    assert len(left) == 4
    assert (world.monotonic_ns() - began) / 1e9 < 0.9


def test_keeper_guards_the_others_when_one_fault_breaks_down(desk, lease, monkeypatch):
    broken = desk.other("broken")
    for name in ("one", "broken"):
        desk.keeper.inject(lease(name), held_server=False)
    monkeypatch.setattr(broken, "landed", {}.popitem)
    monkeypatch.setattr(broken, "heal", {}.popitem)

    desk.keeper.watch()

    ((name, state, detail, early),) = desk.told
    assert (name, state, early) == ("broken", UNHEALED, True)
    assert detail.startswith("nobody can see any more whether it is in place: KeyError: ")
    assert desk.keeper.heal_all("the end") == [f"fake on node: {detail}"]
    assert desk.told[-1] == ("one", HEALED, "the end", False)
