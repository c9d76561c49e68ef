"""Where the experiments of one module are run, and the command that runs them."""

import os
import subprocess
import sys

import pytest

CHAOS = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
RUN_S_MAX = 150


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of the module's own: ledger, reports and journal."""
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def chaos(place):
    """Call `chaos` with words; what it printed, and its exit code."""
    environment = {
        **os.environ,
        "CHAOS_STATE": str(place / "state"),
        "CHAOS_REPORTS": str(place / "reports"),
    }

    def call(*words):
        return subprocess.run(
            [*CHAOS, *map(str, words)],
            env=environment, cwd=place, capture_output=True, text=True, timeout=RUN_S_MAX, check=False,
        )  # fmt: skip

    return call
