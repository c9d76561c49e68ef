"""One kill of the campaign: a run is started, killed at its instant, and the world looked at."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import book
import checker
import plan
import resp
import see_servers
import yaml
from camp import CHAOS, keep_logs, repair
from catalogue import DISK, ROWS
from life import Life
from plan import BOTH, GUARDIAN, RUNNER
from script import experiment

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable

    from camp import Campaign
    from checker import World
    from life import Met
    from plan import Kill
    from usual import Usual

HEAL_S_MAX = 15.0  # the guardian alive; what takes longer is a residue
AFTER_HEAL_S_MAX = 2.0  # `chaos heal` has said that it is done
END_S_MAX = 30.0  # a run that has lost its guardian; its baseline and its lab counted in
BY_ITSELF_S_MAX = 5.0  # everybody dead: what the kernel and the proxy free
SETTLED_S_MAX = 30.0  # a failover that a kill has begun, and replicas that copy all anew
TRIES_MOST = 6  # so often may a run end before it is met


def killed(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any]:
    """Kill one run, wait until the world is as before, and tell how it went."""
    if ROWS[kill.fault].room == "data":
        _write_again(before)
    result, tries = None, 0
    while result is None and tries < TRIES_MOST:  # it ended by itself: again, and earlier
        result = _try(campaign, before, kill, usual.earlier(tries))
        tries += 1
    result = result or {"met": "never", "killed": "nobody", "left": ["no run could be met"]}
    if result["left"]:
        keep_logs(campaign, before, kill.number)
        repair(campaign, before)
    else:
        shutil.rmtree(campaign.folder / "reports", ignore_errors=True)
        result["left"] = come_back(before, SETTLED_S_MAX, checker.unsettled)[0]
    return {**kill.told(), "tries": tries, **result}


def _write_again(before: World) -> None:
    """The same keys: a replica that has just copied all anew has nothing in its file that could be spoiled."""
    for node in before.nodes:
        if node.part == "data" and (resp.say(node.bind, "ROLE") or [""])[0] == "master":
            see_servers.write_keys(node.bind)


def begin(campaign: Campaign, kill: Kill) -> Life:
    """Start the run that shall be killed."""
    file = campaign.folder / "experiment.yaml"
    file.write_text(yaml.safe_dump(experiment(kill), sort_keys=False))
    (known,) = book.ask(campaign.state, "select max(rowid) from leases") or [(0,)]
    runner = world.start_process(
        [*CHAOS, "run", "--journal-path", "journal.json", str(file)],
        env=campaign.env(), cwd=campaign.folder, log=campaign.folder / "runner.log",
    )  # fmt: skip
    return Life(campaign, runner, known[0] or 0)


def _try(campaign: Campaign, before: World, kill: Kill, usual: Usual) -> dict[str, Any] | None:
    life = begin(campaign, kill)
    try:
        reach(life, kill, usual)
        if kill.instant == plan.HEAL and kill.dies == BOTH and kill.runner_first:
            _orphan(life, kill.share * usual.heals_ms)
        met = life.met()
        dies = kill.dies if life.guardian else RUNNER
        ended, died_ns = life.kill(dies)
        if ended:
            come_back(before, HEAL_S_MAX)
            return None
        told = {**_told(life, met), "killed": dies if life.guardian else "runner, no guardian"}
        return {**told, **_aftermath(campaign, before, kill, life, met, died_ns)}
    finally:
        life.close()


def _told(life: Life, met: Met) -> dict[str, Any]:
    return {
        "met": met.step, "lease": met.lease.state or "none",
        "since_intent_ms": met.since_intent_ms, "since_deadline_ms": met.since_deadline_ms,
        "lands_ms": life.lands_ms,
    }  # fmt: skip


def reach(life: Life, kill: Kill, usual: Usual) -> None:
    """Wait until the run is where it shall be met."""
    match kill.instant:
        case plan.RANDOM:
            life.pass_ms(kill.share * usual.life_ms(kill))
        case plan.BEFORE:
            life.until(lambda: life.has_guardian() and life.in_method())
            life.pass_ms(kill.share * usual.asks_ms)
        case plan.AFTER | plan.INJECT:
            life.until(lambda: life.has_guardian() and life.in_method())
            life.until(lambda: bool(life.lease().number))
            if kill.instant == plan.INJECT:
                life.pass_ms(plan.AFTER_MS_MAX + kill.share * usual.lands_ms)
        case _:
            _into_place(life, kill, usual)


def _into_place(life: Life, kill: Kill, usual: Usual) -> None:
    """Into the time in which the fault is in place, or that in which it is healed."""
    life.until(lambda: life.has_guardian() and bool(life.lease().number))
    life.until(lambda: life.lease().state != book.INTENT)
    left_ms = (life.lease().deadline_ns - world.boottime_ns()) / 1e6
    orphaned = kill.dies == BOTH and kill.runner_first
    if kill.instant == plan.HEAL and not orphaned:
        life.pass_ms(left_ms + kill.share * usual.heals_ms)
    else:
        life.pass_ms(kill.share * (left_ms - PLACE_LEFT_MS))


PLACE_LEFT_MS = 60.0


def _orphan(life: Life, milliseconds: float) -> None:
    """Kill the runner first: its guardian, who heals because of that, dies so much later."""
    life.orphan()
    due_ns = world.monotonic_ns() + int(milliseconds * 1e6)
    world.wait_until(lambda: world.monotonic_ns() >= due_ns, 10.0, every_s=0.0002)


# -- what comes after ---------------------------------------------------------------------


def _aftermath(  # noqa: PLR0917 - all that a kill is about
    campaign: Campaign, before: World, kill: Kill, life: Life, met: Met, died_ns: int
) -> dict[str, Any]:
    """Wait until the world is as before, and tell how long that took."""
    dies = kill.dies if life.guardian else RUNNER
    if dies == RUNNER:
        left, as_before_ns = come_back(before, HEAL_S_MAX)
        return {"left": left, "healed_ms": _ms(as_before_ns - died_ns)}
    freed = _freed(before, kill, died_ns)
    left = freed.pop("left", [])
    if dies == GUARDIAN:
        left += _outlived(life, in_place=met.step in (plan.AFTER, plan.INJECT, plan.PLACE))
    else:
        left += heal(campaign)
    more, as_before_ns = come_back(before, AFTER_HEAL_S_MAX)
    return {"left": left + more, "swept_ms": _ms(as_before_ns - died_ns), **freed}


def heal(campaign: Campaign) -> list[str]:
    """`chaos heal`; what it complains of."""
    told = campaign.chaos("heal")
    return [f"chaos heal: {told.stderr.strip()}"] if told.returncode else []


def _outlived(life: Life, *, in_place: bool) -> list[str]:
    """Wait until a run that has lost its guardian has swept, judged and ended."""
    try:
        code = life.runner.wait(END_S_MAX)
    except subprocess.TimeoutExpired:
        life.runner.kill()
        life.runner.wait()
        return [f"the run went on for {END_S_MAX:g} s without its guardian"]
    if in_place and not code:
        return ["the run was held though its guardian was killed with a fault in place"]
    return []


def _freed(before: World, kill: Kill, died_ns: int) -> dict[str, Any]:
    """How soon what a holder held is free when there is no guardian to heal it."""
    if not ROWS[kill.fault].held or kill.lab == plan.OWN_LAB:
        return {}
    look = checker.of_disks if ROWS[kill.fault].held == DISK else checker.harm
    left, free_ns = come_back(before, BY_ITSELF_S_MAX, look)
    return {"left": left, "freed_ms": _ms(free_ns - died_ns)}


def come_back(
    before: World, within_s: float, look: Callable[[World], list[str]] = checker.residues
) -> tuple[list[str], int]:
    """Wait until nothing differs; what still does after *within_s*, and when the last look ended."""
    found: list[str] = []

    def same() -> bool:
        found[:] = look(before)
        return not found

    world.wait_until(same, within_s, every_s=0.005)
    return found, world.monotonic_ns()


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 1)
