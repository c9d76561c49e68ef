"""Where the campaign lives, and its lab: a state folder of its own, so that it sees only its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checker import World, processes, residues, world_of

if TYPE_CHECKING:
    from pathlib import Path

COMMAND_S_MAX = 60.0
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

    def env(self) -> dict[str, str]:
        own = {"CHAOS_STATE": str(self.state), "CHAOS_REPORTS": str(self.folder / "reports")}
        return {**os.environ, **own}

    def chaos(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One `chaos` command, done."""
        return subprocess.run(
            [*CHAOS, *words], env=self.env(), cwd=self.folder, check=False,
            capture_output=True, text=True, timeout=COMMAND_S_MAX,
        )  # fmt: skip

    def kept(self, seed: int, faults: str) -> dict[int, dict[str, Any]]:
        """The results of that seed, for those faults, that earlier calls have kept."""
        if not self.progress.exists():
            return {}
        lines = [json.loads(line) for line in self.progress.read_text().splitlines()]
        mine = (seed, faults)
        return {e["number"]: e for e in lines if (e["seed"], e.get("faults")) == mine}

    def keep(self, result: dict[str, Any]) -> None:
        with self.progress.open("a") as file:
            file.write(json.dumps(result) + "\n")


# -- the lab --------------------------------------------------------------------------------


def lab_up(campaign: Campaign, *, proxied: bool) -> World:
    """A standing lab, new: what an earlier call left may have been started by other code."""
    lab_down(campaign)
    told = campaign.chaos("lab", "up", "redis", "--json", *(["--proxied"] if proxied else []))
    if told.returncode:
        raise SystemExit(f"no lab, no campaign: {told.stderr}")
    return world_of(campaign.state, json.loads(told.stdout))


def lab_down(campaign: Campaign) -> list[str]:
    """Take everything down; what is left of the whole campaign, in words."""
    campaign.chaos("heal")
    campaign.chaos("lab", "down")
    return residues(World(campaign.state))


def repair(campaign: Campaign, before: World) -> None:
    """After a residue, which is counted: by hand, what healing has not done."""
    campaign.chaos("heal")
    for process in processes(campaign.state):
        if not process.cwd.startswith(str(before.folder)):
            os.kill(process.pid, signal.SIGKILL)
