"""A slice of the crash campaign: whenever a run is killed, the world is as before soon after."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.redis.lab import BINARY

CAMPAIGN = Path(__file__).with_name("campaign.py")
KILLS = 20
SLOWEST_MS_MAX = 5000  # of so few kills the slowest; the campaign itself asks for 1000
SLICE_S_MAX = 300


@pytest.fixture
def folder(tmp_path):
    """A folder for a campaign, whose lab is taken down even when the campaign could not."""
    place = tmp_path / "campaign"
    yield place
    own = {**os.environ, "CHAOS_STATE": str(place / "state")}
    for words in (["heal"], ["lab", "down"]):
        argv = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
        subprocess.run([*argv, *words], env=own, check=True, capture_output=True, timeout=60)


@pytest.mark.timeout(SLICE_S_MAX + 100)
def test_runs_leave_nothing_when_they_are_killed_at_random_instants(folder, dice):
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    seed = str(dice.randrange(1_000_000))
    size = f"--kills {KILLS} --own-lab-every 10 --most-p99-ms {SLOWEST_MS_MAX}".split()

    campaign = subprocess.run(
        [sys.executable, str(CAMPAIGN), *size, "--seed", seed, "--folder", str(folder)],
        capture_output=True, text=True, check=False, timeout=SLICE_S_MAX,
    )  # fmt: skip

    print(campaign.stdout)
    assert campaign.returncode == 0, campaign.stdout + campaign.stderr
    assert f"residues: 0 of {KILLS} kills" in campaign.stdout
