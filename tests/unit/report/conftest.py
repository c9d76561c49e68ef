"""Brings judged runs, and texts as they should be, to the tests of this folder."""

from pathlib import Path

import pytest

from chaos_ext.evidence import manifest
from chaos_ext.evidence.files import write_json
from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge


@pytest.fixture
def judged(tmp_path):
    """Write a run, judge it, and seal it."""

    def write(run):
        folder = run.write(tmp_path / "run")
        verdict = judge(load(folder))
        write_json(folder / "verdict.json", verdict.as_dict())
        manifest.seal(folder)
        return folder, verdict

    return write


@pytest.fixture
def broken(run):
    """A run in which two claims are false and one cannot be judged."""
    run.lost = frozenset({200, 202, 404})
    run.claims = [
        "outage_s <= 2",
        "acknowledged_lost == 0",
        "error_ratio_recovered <= 0.01",
        "latency_ms_p99_fault <= 3000",
    ]
    return run


@pytest.fixture
def snapshot():
    """The text as it should be, by name."""
    return lambda name: (Path(__file__).parent / "snapshots" / name).read_text(encoding="utf-8")
