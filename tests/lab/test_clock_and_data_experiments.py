"""The experiments on clocks and data as a user runs them: what landed is measured, and all is as before."""

import json
from pathlib import Path

import pytest

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import clocks

ROOT = Path(__file__).resolve().parents[2]
RUN_S_MAX = 150

pytestmark = pytest.mark.timeout(RUN_S_MAX)


@pytest.fixture
def library():
    """What clocks are set wrong by."""
    try:
        return clocks.library()
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")


def ran(chaos, place, name):
    """The verdict of one run of an experiment, which must have held."""
    told = chaos("run", ROOT / "experiments" / f"{name}.yaml")
    verdict = json.loads((place / "reports" / name / "latest" / "verdict.json").read_text())
    assert (verdict["verdict"], told.returncode) == ("held", 0), told.stdout + told.stderr
    return verdict


def test_spoiled_file_keeps_the_primary_from_starting_and_nothing_is_lost(chaos, place):
    verdict = ran(chaos, place, "redis_aof_corrupted")

    spoiled, repaired = verdict["faults"]
    assert spoiled["landed"]["server"] == "refuses to start"
    assert spoiled["landed"]["bytes_changed"] == 256
    assert "Successfully truncated" in repaired["landed"]["said"]
    assert verdict["data"]["lost"] == 0


@pytest.mark.usefixtures("library")
def test_sentinels_fail_over_without_the_one_whose_clock_is_wrong(chaos, place):
    verdict = ran(chaos, place, "redis_sentinel_clock")

    jumped, _ = verdict["faults"]
    assert jumped["landed"]["ahead_s"] < -59
    assert verdict["outage"]["upper_s"] <= 8
