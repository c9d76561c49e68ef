"""Brings the synthetic run to every folder whose tests look at a run."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run():
    """A run that held."""
    name = "chaos_ext_tests_synthetic_run"
    if name not in sys.modules:
        path = Path(__file__).parent / "verdict" / "synthetic_run.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name].SyntheticRun()
