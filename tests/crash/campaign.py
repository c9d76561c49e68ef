"""Kills runs at random instants, and their guardians with them, and looks for what is left.

The command behind `make crash`. Resumable: every kill is a JSON line in the campaign's folder,
and the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from camp import CHAOS, Campaign, lab_down, lab_up, repair
from checker import (
    World,
    ask,
    connected,
    last_lease,
    primary_named,
    processes,
    residues,
)
from plan import INTENT, LANDED, START, Kill, draw, experiment
from summary import p99_ms, summary

from chaos_ext import world
from chaos_ext.lease.state import state_folder

HEAL_S_MAX = 15.0  # the guardian alive; what takes longer is a residue
AFTER_HEAL_S_MAX = 2.0  # `chaos heal` has said that it is done


# -- one kill -------------------------------------------------------------------------------


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
    died = world.monotonic_ns()
    runner.kill()
    if kill.both and guardian:
        with suppress(ProcessLookupError):
            os.kill(guardian, signal.SIGKILL)
    ended_before = runner.wait() != -signal.SIGKILL
    with connected(campaign.state) as ledger:
        number, state = last_lease(ledger)
    if ended_before:
        _come_back(before, HEAL_S_MAX)
        return None
    told = {
        "at_s": round((died - began) / 1e9, 3),
        "lease": state if number > known else "none",
        "guardian": "none" if not guardian else "dead" if kill.both else "alive",
    }
    return {**told, **_healed(campaign, before, told["guardian"], died)}


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


def _healed(campaign: Campaign, before: World, guardian: str, died: int) -> dict[str, Any]:
    """Wait until the world is as before: by the guardian alone, or by `chaos heal`."""
    if guardian == "dead":
        told = campaign.chaos("heal")
        said = [] if not told.returncode else [f"chaos heal: {told.stderr.strip()}"]
        return {"left": said + _come_back(before, AFTER_HEAL_S_MAX), "healed_ms": None}
    left = _come_back(before, HEAL_S_MAX)
    return {"left": left, "healed_ms": round((world.monotonic_ns() - died) / 1e6, 1)}


def _come_back(before: World, within_s: float) -> list[str]:
    """Wait until nothing differs; what still does after *within_s*."""
    found: list[str] = []

    def same() -> bool:
        found[:] = residues(before)
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


# -- all kills ------------------------------------------------------------------------------


def main() -> int:
    options = _options()
    campaign = Campaign(options.folder.absolute())
    campaign.state.mkdir(parents=True, exist_ok=True)
    kept = campaign.kept(options.seed)
    first = options.start or 0
    numbers = range(first, first + options.kills)
    missing = [n for n in numbers if options.start is not None or n not in kept]
    print(
        f"seed {options.seed}: kills {numbers.start} to {numbers.stop - 1}, {len(missing)} to do"
    )
    try:
        for number in missing:
            kept[number] = _one(campaign, options, number)
            campaign.keep(kept[number])
            if (number + 1) % 10 == 0:
                _tell(kept, number)
    finally:
        left = lab_down(campaign)
    results = [kept[number] for number in numbers]
    print(summary(results, left))
    clean = not left and not any(result["left"] for result in results)
    return 0 if clean and p99_ms(results) <= options.most_p99_ms else 1


def _one(campaign: Campaign, options: argparse.Namespace, number: int) -> dict[str, Any]:
    before = lab_up(campaign) if not _Lab.world or residues(_Lab.world) else _Lab.world
    _Lab.world = before
    kill = draw(
        options.seed, number, both_every=options.both_every, own_lab_every=options.own_lab_every
    )
    began = world.monotonic_ns()
    result = killed(campaign, before, kill)
    took_s = round((world.monotonic_ns() - began) / 1e9, 2)
    for line in result["left"]:
        print(f"kill {number} ({kill.fault} of {kill.target}): LEFT: {line}", flush=True)
    return {"seed": options.seed, "took_s": took_s, **result}


class _Lab:
    """The standing lab of this process, found again only when it is not whole."""

    world: World | None = None


def _tell(kept: dict[int, dict[str, Any]], number: int) -> None:
    last = [kept[n] for n in range(number - 9, number + 1) if n in kept]
    took_s = sum(each["took_s"] for each in last)
    left = sum(bool(each["left"]) for each in last)
    slowest = max((each["healed_ms"] or 0 for each in last), default=0)
    print(
        f"kills up to {number}: {60 * len(last) / took_s:.0f} a minute, residues {left}, "
        f"slowest heal {slowest:.0f} ms",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--from", dest="start", type=int, help="do these again from this number"
    )
    parser.add_argument(
        "--both-every", type=int, default=4, help="the guardian dies too; 0: never"
    )
    parser.add_argument(
        "--own-lab-every", type=int, default=50, help="the run starts its own lab"
    )
    parser.add_argument("--most-p99-ms", type=float, default=1000, help="of healing, allowed")
    parser.add_argument("--folder", type=Path, default=state_folder() / "crash")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
