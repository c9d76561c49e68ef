"""One kill of the campaign: a run is started, killed at its instant, and the world looked at."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml
from camp import CHAOS, Campaign, repair
from checker import (
    World,
    ask,
    connected,
    last_lease,
    of_network,
    primary_named,
    processes,
    residues,
)
from plan import FAULTS, GUARDIAN, INTENT, LANDED, RUNNER, START, Kill, experiment

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAL_S_MAX = 15.0  # the guardian alive; what takes longer is a residue
AFTER_HEAL_S_MAX = 2.0  # `chaos heal` has said that it is done
END_S_MAX = 30.0  # a run that has lost its guardian; its baseline and pauses counted in
BY_ITSELF_S_MAX = 5.0  # everybody dead: what the kernel and the proxy free


def killed(campaign: Campaign, before: World, kill: Kill) -> dict[str, Any]:
    """Kill one run, wait until the world is as before, and tell how it went."""
    world.wait_until(lambda: primary_named(before), HEAL_S_MAX)
    file = campaign.folder / "experiment.yaml"
    file.write_text(yaml.safe_dump(experiment(kill), sort_keys=False))
    tries = 0
    result = None
    while result is None:  # it ended by itself: again, and earlier
        result = _try(campaign, before, kill.earlier(tries), file)
        tries += 1
    if result["left"]:
        repair(campaign, before)
    else:
        shutil.rmtree(campaign.folder / "reports", ignore_errors=True)
    return {**asdict(kill), "bucket": kill.bucket(), "tries": tries, **result}


def _try(campaign: Campaign, before: World, kill: Kill, file: Path) -> dict[str, Any] | None:
    with connected(campaign.state) as ledger:
        known = last_lease(ledger)[0]
    began = world.monotonic_ns()
    runner = world.start_process(
        [*CHAOS, "run", "--journal-path", "journal.json", str(file)],
        env=campaign.env(), cwd=campaign.folder, log=campaign.folder / "runner.log",
    )  # fmt: skip
    _await_instant(campaign, kill, runner, known)
    guardian = _guardian(campaign, runner.pid)
    dies = kill.dies if guardian else RUNNER
    ended_before, died = _end(runner, guardian, dies)
    with connected(campaign.state) as ledger:
        number, state = last_lease(ledger)
    if ended_before:
        _come_back(before, HEAL_S_MAX)
        return None
    told: dict[str, Any] = {
        "at_s": round((died - began) / 1e9, 3),
        "lease": state if number > known else "none",
        "killed": dies if guardian else "runner, no guardian",
    }
    if dies == GUARDIAN:
        in_place = told["lease"] in ("intent", "in_place")
        return {**told, **_outlived(campaign, before, kill, runner, died, in_place=in_place)}
    return {**told, **_healed(campaign, before, kill, dies, died)}


def _end(runner: subprocess.Popen[bytes], guardian: int, dies: str) -> tuple[bool, int]:
    """Kill whoever shall die; whether the run had ended before, and when it was."""
    died = world.monotonic_ns()
    ended_before = runner.poll() is not None
    if dies != GUARDIAN:
        runner.kill()
    if dies != RUNNER:
        with suppress(ProcessLookupError):
            os.kill(guardian, signal.SIGKILL)
    if dies != GUARDIAN:
        ended_before = runner.wait() != -signal.SIGKILL
    return ended_before, died


def _await_instant(
    campaign: Campaign, kill: Kill, runner: subprocess.Popen[bytes], known: int
) -> None:
    """Wait for the drawn instant, or for the event, of the run's life."""
    if kill.since != START:
        _await_lease(campaign, kill.since, runner, known)
    with suppress(subprocess.TimeoutExpired):
        runner.wait(kill.instant_s)


def _await_lease(
    campaign: Campaign, since: str, runner: subprocess.Popen[bytes], known: int
) -> None:
    wanted = {INTENT: ("intent", "in_place", "healed"), LANDED: ("in_place", "healed")}[since]
    with connected(campaign.state) as ledger:

        def happened() -> bool:
            number, state = last_lease(ledger)
            return number > known and state in wanted

        world.wait_until(lambda: happened() or runner.poll() is not None, 30.0, every_s=0.0005)


def _healed(
    campaign: Campaign, before: World, kill: Kill, dies: str, died: int
) -> dict[str, Any]:
    """Wait until the world is as before: by the guardian alone, or by `chaos heal`."""
    if dies == RUNNER:
        left = _come_back(before, HEAL_S_MAX)
        return {"left": left, "healed_ms": round((world.monotonic_ns() - died) / 1e6, 1)}
    freed = _freed(before, kill, died)
    told = campaign.chaos("heal")
    said = [] if not told.returncode else [f"chaos heal: {told.stderr.strip()}"]
    left = freed.pop("left", []) + said + _come_back(before, AFTER_HEAL_S_MAX)
    return {"left": left, **freed}


def _outlived(
    campaign: Campaign, before: World, kill: Kill, runner: subprocess.Popen[bytes], died: int,
    *, in_place: bool,
) -> dict[str, Any]:  # fmt: skip
    """Wait until a run that has lost its guardian has swept, judged and ended."""
    freed = _freed(before, kill, died)
    left = freed.pop("left", [])
    try:
        code = runner.wait(END_S_MAX)
    except subprocess.TimeoutExpired:
        runner.kill()
        left.append(f"the run went on for {END_S_MAX:g} s without its guardian")
    else:
        if in_place and not code:
            left.append("the run was held though its guardian was killed with a fault in place")
    return {"left": left + _come_back(before, AFTER_HEAL_S_MAX), **freed}


def _freed(before: World, kill: Kill, died: int) -> dict[str, Any]:
    """How soon the network is free when there is no guardian to heal it."""
    if FAULTS[kill.fault].room != "network":
        return {}
    left = _come_back(before, BY_ITSELF_S_MAX, of_network)
    return {"left": left, "freed_ms": round((world.monotonic_ns() - died) / 1e6, 1)}


def _come_back(
    before: World, within_s: float, look: Callable[[World], list[str]] = residues
) -> list[str]:
    """Wait until nothing differs; what still does after *within_s*."""
    found: list[str] = []

    def same() -> bool:
        found[:] = look(before)
        return not found

    world.wait_until(same, within_s, every_s=0.005)
    return found


def _guardian(campaign: Campaign, runner: int) -> int:
    """The pid of the guardian of that runner; 0 while there is none."""
    query = (
        "select g.pid from guardians g join runs r on r.token = g.run "
        "where r.pid = ? and r.state = 'running' order by r.rowid desc limit 1"
    )
    found = ask(campaign.state, query, runner)
    alive = {process.pid for process in processes(campaign.state)}
    return found[0][0] if found and found[0][0] in alive else 0
