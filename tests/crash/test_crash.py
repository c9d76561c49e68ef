"""A slice of the crash campaign: whenever a run is killed, the world is as before soon after."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.redis.lab import BINARY

CAMPAIGN = Path(__file__).with_name("campaign.py")
KILLS = 20
SLICE_S_MAX = 300


@pytest.fixture
def folder(scripts, tmp_path):
    """A folder for a campaign, whose lab and ground are given back even when the campaign could not."""
    camp = importlib.import_module("camp")
    place = tmp_path / "campaign"
    yield place
    if place.exists():
        assert camp.leave(camp.Campaign(place)) == []


@pytest.mark.timeout(SLICE_S_MAX + 100)
def test_runs_leave_nothing_when_they_are_killed_at_every_step(folder, dice, catalogue):
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    seed, told = str(dice.randrange(1_000_000)), folder.with_name("kills.json")
    asked = ["--seed", seed, "--kills", str(KILLS), "--folder", str(folder)]

    campaign = subprocess.run(
        [sys.executable, str(CAMPAIGN), *asked, "--any-pace", "--json", str(told)],
        capture_output=True, text=True, check=False, timeout=SLICE_S_MAX,
    )  # fmt: skip

    print(campaign.stdout)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert f"residues: 0 of {KILLS} kills" in campaign.stdout
    rooms = {row.room for row in catalogue.possible().values()}
    kills = json.loads(told.read_text())["kills"]
    assert {catalogue.ROWS[kill["fault"]].room for kill in kills} == rooms
    assert not [place for place in mounted() if place.startswith(str(folder))]


def mounted():
    return [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
