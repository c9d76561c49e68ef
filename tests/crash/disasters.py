"""What befalls a run beside a kill: no room for its ledger, a machine started anew, a lab that is gone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import book
import checker
import ground
import kills
import plan
import see_kernel
import see_processes
from camp import end_processes, nothing_left

from chaos_ext import world

if TYPE_CHECKING:
    from camp import Campaign
    from checker import World
    from life import Life
    from plan import Kill
    from see_processes import Process
    from usual import Usual

END_S_MAX = 40.0
GONE_S_MAX = 5.0
ANOTHER_BOOT = "00000000-0000-4000-8000-000000000000"
FULL_AT_ONCE = 0.4  # the share of the runs that find no room already when they begin


def befall(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """Let it happen to one run, and tell what was left."""
    happens = {
        plan.LEDGER_FULL: _ledger_full, plan.REBOOT: _reboot,
        plan.LAB_KILLED: _lab_killed, plan.LAB_DOWN: _lab_down,
    }[kill.instant]  # fmt: skip
    result = happens(campaign, before, kill, usual)
    return {**kill.told(), "tries": 1, "killed": kill.dies, **result}


# -- no room for the ledger -----------------------------------------------------------------


def _ledger_full(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """The disk of the ledger fills up before the run, or when the intent is written.

    Either nothing is begun, or what was begun is undone all the same, while there is no room;
    once there is, the ledger must say so, too.
    """
    at_once = kill.share < FULL_AT_ONCE
    if at_once:
        ground.fill(campaign.state)
    life = kills.begin(campaign, kill)
    try:
        if not at_once:
            life.until(lambda: life.has_guardian() and bool(life.lease().number))
            ground.fill(campaign.state)
        left = _end_without_room(campaign, before, kill, life, begun=not at_once)
        lease = life.lease()
    finally:
        life.close()
    ground.free(campaign.state)
    left += kills.heal(campaign)
    more, _ = kills.come_back(before, kills.AFTER_HEAL_S_MAX)
    left += more or kills.come_back(before, kills.SETTLED_S_MAX, checker.unsettled)[0]
    met = "full at once" if at_once else "full after intent"
    return {"met": met, "lease": lease.state or "none", "left": left}


def _end_without_room(
    campaign: Campaign, before: World, kill: Kill, life: Life, *, begun: bool
) -> list[str]:
    if kill.dies == plan.BOTH:
        life.pass_ms(kill.share * 300)
        life.met()
        life.kill(plan.BOTH)
        # without a run that began there is no reserve, and nothing to heal
        left = kills.heal(campaign) if begun else []
        return left + kills.come_back(before, kills.AFTER_HEAL_S_MAX, checker.harm)[0]
    if not world.wait_until(life.ended, END_S_MAX):
        life.runner.kill()
        return [f"the run went on for {END_S_MAX:g} s without room for its ledger"]
    return kills.come_back(before, kills.HEAL_S_MAX, checker.harm)[0]


# -- a machine that was started anew ----------------------------------------------------------


def _reboot(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """Runner and guardian die in mid-fault; who heals next finds another boot.

    The machine was not started anew, so its processes live on, and are held still: as after a
    real one, where the numbers in the ledger are strangers', none of them may be ended or woken.
    Then we end, by hand, what a reboot would have ended; nothing of the lab may be left, neither
    on the disk nor in the ledger, and another heal, of the true boot, finds nothing.
    """
    told = _in_mid_fault(campaign, kill, usual)
    strangers = _alive_at_rest(campaign)
    _signal(strangers, signal.SIGSTOP)  # no stranger would write into a folder of ours
    healed = campaign.chaos("heal", CHAOS_EXT_BOOT_ID=ANOTHER_BOOT)
    left = [f"chaos heal: {healed.stderr.strip()}"] if healed.returncode else []
    left += [f"a stranger was ended, or woken: {p.words}" for p in strangers if not _stands(p)]
    left += book.open_ends(campaign.state, "")
    if before.folder.exists():
        left.append(f"folder {before.folder.name} of a lab that ended with the machine is left")
    _signal(strangers, signal.SIGKILL)
    end_processes(campaign)
    _take_what_a_reboot_takes(campaign)
    left += kills.heal(campaign)
    return {**told, "left": left + _nothing(campaign)}


def _signal(processes: list[Process], signum: signal.Signals) -> None:
    for process in processes:
        if see_processes.lives(process.pid, process.start):
            os.kill(process.pid, signum)
    if signum == signal.SIGSTOP:
        world.wait_until(lambda: all(map(_stands, processes)), GONE_S_MAX)


def _stands(process: Process) -> bool:
    alive = see_processes.lives(process.pid, process.start)
    return alive and not see_processes.letters(process.pid).strip("T")


def _take_what_a_reboot_takes(campaign: Campaign) -> None:
    """Control groups, mounts and shared memory; processes have ended, and files stay."""
    marks = [row[0] for row in book.ask(campaign.state, "select id from leases")]
    marks += [row[0] for row in book.ask(campaign.state, "select id from labs")]
    for what, _ in sorted(see_kernel.facts(campaign.state / "labs", marks), reverse=True):
        kind, _, name = what.rpartition(" ")
        with suppress(OSError):
            if kind == "control group":
                Path(name).rmdir()
            elif kind == "shared memory":
                (see_kernel.SHARED / name).unlink()


# -- a lab that is gone -----------------------------------------------------------------------


def _lab_killed(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """In mid-fault every process dies, the servers and their helpers, too.

    `chaos heal` may say that it cannot undo what is gone; `chaos lab down` ends the rest.
    """
    told = _in_mid_fault(campaign, kill, usual)
    end_processes(campaign)
    campaign.chaos("heal")
    left = _lab_down_now(campaign)
    return {**told, "left": left + kills.heal(campaign) + _nothing(campaign)}


def _lab_down(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """`chaos lab down` in mid-fault: refused while the run lives, and done when all are dead."""
    life = kills.begin(campaign, kill)
    try:
        life.until(lambda: life.has_guardian() and life.lease().state == book.IN_PLACE)
        refused = campaign.chaos("lab", "down")
        met = life.met()
        in_use = met.step in (
            plan.PLACE,
            plan.HEAL,
        )  # a run that is over has given its lab back
        left = ["a lab in use was taken down"] if in_use and not refused.returncode else []
        life.kill(plan.BOTH)
    finally:
        life.close()
    left += _lab_down_now(campaign)
    left += kills.heal(campaign) + _nothing(campaign)
    return {"met": met.step, "lease": met.lease.state or "none", "left": left}


def _lab_down_now(campaign: Campaign) -> list[str]:
    told = campaign.chaos("lab", "down")
    return [f"chaos lab down: {told.stderr.strip()}"] if told.returncode else []


# -- what they share --------------------------------------------------------------------------


def _in_mid_fault(campaign: Campaign, kill: Kill, usual: Usual) -> dict[str, Any]:
    """Kill runner and guardian while the fault is in place, or nearly."""
    life = kills.begin(campaign, kill)
    try:
        life.until(lambda: life.has_guardian() and bool(life.lease().number))
        life.until(lambda: life.lease().state != book.INTENT)
        life.pass_ms(kill.share * 300)
        met = life.met()
        life.kill(plan.BOTH)
    finally:
        life.close()
    return {"met": met.step, "lease": met.lease.state or "none"}


def _alive_at_rest(campaign: Campaign) -> list[Process]:
    """Who lives when the kernel has ended what was to end with its holder."""
    found: list[Process] = []

    def same() -> bool:
        before = {(p.pid, p.start) for p in found}
        found[:] = see_processes.processes(campaign.state)
        return before == {(p.pid, p.start) for p in found}

    world.wait_until(same, GONE_S_MAX, every_s=0.1)
    return found


def _nothing(campaign: Campaign) -> list[str]:
    """What is left of all, after a moment."""
    left: list[str] = []

    def gone() -> bool:
        left[:] = nothing_left(campaign)
        return not left

    world.wait_until(gone, GONE_S_MAX, every_s=0.05)
    return left
