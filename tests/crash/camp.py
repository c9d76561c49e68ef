"""Where the campaign lives, and its lab: a state folder of its own, so that it sees only its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import checker
import ground
import see_kernel
import see_processes
import see_servers
from checker import World

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND_S_MAX = 60.0
SETTLED_S_MAX = 30.0
CHAOS = (sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file")


@dataclass(frozen=True, slots=True)
class Campaign:
    """The campaign's folder, and how a command is called there."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def progress(self) -> Path:
        return self.folder / "kills.jsonl"

    def env(self, **more: str) -> dict[str, str]:
        own = {"CHAOS_STATE": str(self.state), "CHAOS_REPORTS": str(self.folder / "reports")}
        return {**os.environ, **own, **more}

    def chaos(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """One `chaos` command, done."""
        return subprocess.run(
            [*CHAOS, *words], env=self.env(**env), cwd=self.folder, check=False,
            capture_output=True, text=True, timeout=COMMAND_S_MAX,
        )  # fmt: skip

    def kept(self, seed: int, asked: str) -> list[dict[str, Any]]:
        """The results of that seed, for what was *asked*, that earlier calls have kept."""
        if not self.progress.exists():
            return []
        lines = [json.loads(line) for line in self.progress.read_text().splitlines()]
        return [each for each in lines if (each["seed"], each["asked"]) == (seed, asked)]

    def keep(self, result: dict[str, Any]) -> None:
        with self.progress.open("a") as file:
            file.write(json.dumps(result) + "\n")

    def forget(self, seed: int, asked: str, first: int) -> None:
        """Forget what was kept of that seed from the number *first* on."""
        if self.progress.exists():
            lines = [json.loads(line) for line in self.progress.read_text().splitlines()]
            stay = [e for e in lines
                    if (e["seed"], e["asked"]) != (seed, asked) or e["number"] < first]  # fmt: skip
            self.progress.write_text("".join(json.dumps(each) + "\n" for each in stay))


# -- its ground ---------------------------------------------------------------------------


def settle_in(campaign: Campaign) -> None:
    """Make ready: what an earlier call has left is ended first."""
    campaign.folder.mkdir(parents=True, exist_ok=True)
    if campaign.state.exists():
        lab_down(campaign)
    end_processes(campaign)
    if ground.possible():
        ground.give_back(campaign.state)
        for old in (campaign.state, campaign.folder / "labs"):
            shutil.rmtree(old, ignore_errors=True)
        ground.prepare(campaign.state, campaign.folder / "labs")
    campaign.state.mkdir(parents=True, exist_ok=True)


def leave(campaign: Campaign) -> list[str]:
    """Take everything down; what is left of the whole campaign, in words."""
    left = lab_down(campaign)
    if ground.possible():
        ground.give_back(campaign.state)
    return left


# -- the lab --------------------------------------------------------------------------------


def lab_up(campaign: Campaign, settings: Mapping[str, Any]) -> World:
    """A standing lab, new, with keys of ours in it: what it is like now it must be for ever."""
    changes = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    sets = [word for change in changes for word in ("--set", change)]
    told = campaign.chaos("lab", "up", "redis", "--json", *sets)
    if told.returncode:
        raise SystemExit(f"no lab, no campaign: {told.stderr}")
    shown = json.loads(told.stdout)
    first = next(node for node in shown["nodes"] if node["node"] == "redis-1")
    host, _, port = first["address"].rpartition(":")
    see_servers.write_keys((host, int(port)))
    return _at_rest(campaign, shown)


def _at_rest(campaign: Campaign, shown: dict[str, Any]) -> World:
    """The world when two looks have seen the same."""
    found = checker.world_of(campaign.state, shown)

    def same() -> bool:
        nonlocal found
        problems = checker.unsettled(found) or checker.residues(found)
        if problems:
            found = checker.world_of(campaign.state, shown)
        return not problems

    if not world.wait_until(same, SETTLED_S_MAX, every_s=0.05):
        problems = checker.unsettled(found) + checker.residues(found)
        raise SystemExit(f"a lab that nobody has hurt is not at rest: {'; '.join(problems)}")
    return found


def lab_down(campaign: Campaign) -> list[str]:
    """Take everything down; what is left of the whole campaign, in words."""
    campaign.chaos("heal")
    campaign.chaos("lab", "down")
    return nothing_left(campaign)


def nothing_left(campaign: Campaign) -> list[str]:
    """What is there that would not be there without us; our own ground is not counted."""
    own = {f"mount {campaign.state}", f"mount {campaign.state / 'labs'}"}
    there = dict(see_kernel.facts(campaign.state, []))
    facts = {what: how for what, how in there.items() if what in own}
    return checker.residues(World(campaign.state, facts=facts))


def keep_logs(campaign: Campaign, before: World, number: int) -> None:
    """What everybody said, for whoever looks for the cause of a residue."""
    place = campaign.folder / f"left-{number}"
    logs = [*before.folder.glob("*/*.log"), *campaign.folder.glob("reports/*/*/*.log")]
    for log in [*logs, *campaign.folder.glob("reports/*/*/events.jsonl")]:
        with suppress(OSError):
            place.mkdir(exist_ok=True)
            shutil.copy(log, place / f"{log.parent.name}-{log.name}")


def repair(campaign: Campaign, before: World) -> None:
    """After a residue, which is counted: by hand, what healing has not done."""
    ground.free(campaign.state)
    campaign.chaos("heal")
    for process in see_processes.processes(campaign.state):
        if not process.cwd.startswith(str(before.folder)):
            _end(process.pid)


def end_processes(campaign: Campaign) -> None:
    """End all that lives of the campaign, by its own number."""
    for process in see_processes.processes(campaign.state):
        _end(process.pid)
    world.wait_until(lambda: not see_processes.processes(campaign.state), 5.0)


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
