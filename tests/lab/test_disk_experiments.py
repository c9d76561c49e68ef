"""The experiments on disks as a user runs them: the fault is measured, and the lab is fitted out for it."""

import json
import os
from pathlib import Path

import pytest

from chaos_ext.passthrough import mounting

ROOT = Path(__file__).resolve().parents[2]
RUN_S_MAX = 150

pytestmark = [
    pytest.mark.timeout(RUN_S_MAX),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs: root, to mount disks"),
    pytest.mark.skipif(
        not Path(mounting.DEVICE).exists(), reason=f"needs: {mounting.DEVICE}, the module fuse"
    ),
]


def ran(chaos, place, name):
    """The verdict of one run of an experiment, which must have held."""
    told = chaos("run", ROOT / "experiments" / f"{name}.yaml")
    verdict = json.loads((place / "reports" / name / "latest" / "verdict.json").read_text())
    assert (verdict["verdict"], told.returncode) == ("held", 0), told.stdout + told.stderr
    return verdict


def test_full_disk_is_refused_to_writes_and_answered_to_reads(chaos, place):
    verdict = ran(chaos, place, "redis_disk_full")

    errors = {each["claim"]: each["measured"] for each in verdict["claims"]}
    assert errors["write_error_ratio_fault >= 0.5"] > 0.5
    assert errors["read_error_ratio_fault <= 0.02"] <= 0.02
    assert verdict["data"]["lost"] == 0


def test_full_disk_that_every_write_needs_is_answered_by_a_failover(chaos, place):
    verdict = ran(chaos, place, "redis_disk_full_synced")

    (fault,) = verdict["faults"]
    assert fault["landed"]["free_mb"] < 1
    assert fault["landed"]["taken_mb"] > 32
    assert 0 < verdict["outage"]["upper_s"] <= 8
    assert verdict["data"]["lost"] == 0


def test_slow_disk_of_the_primary_is_not_noticed(chaos, place):
    verdict = ran(chaos, place, "redis_slow_disk")

    (fault,) = verdict["faults"]
    assert fault["landed"]["took_ms"]["fsync"] >= 300
    assert verdict["data"]["lost"] == 0


def test_nothing_is_mounted_when_the_runs_are_over(chaos, place):
    del chaos

    mounts = Path("/proc/self/mountinfo").read_text()

    assert str(place) not in mounts
