"""A witness in a process of its own bounds the outages of a server that keeps a diary."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "canary.py"
ROUNDS = 6


def test_witness_bounds_every_outage_when_a_server_refuses_and_hangs_by_turns():
    play = [sys.executable, BENCHMARK, "--rounds", str(ROUNDS), "--serve-s", "0.4", "--json"]

    played = subprocess.run(play, capture_output=True, text=True, timeout=90, check=False)

    assert played.stdout, played.stderr
    result = json.loads(played.stdout)
    assert [each["mood"] for each in result["rounds"]] == ["refuses", "hangs"] * (ROUNDS // 2)
    assert all(each["contained"] for each in result["rounds"]), result
    assert result["spurious"] == 0, result
