"""What makes three thousand small tests quick, and the synthetic runs for those that look at a run."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from chaos_ext.lease import session

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """One timer of the kernel a test in place of a thread each: here nobody minds the signal."""
    mark = pytest.mark.timeout(method="signal")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(mark)


@pytest.fixture(scope="session", autouse=True)
def _disk_at_hand():
    """Nobody pulls the plug within a unit test, so nothing waits for the disk; a bad file still fails."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: os.fstat(file) and None)
        yield


def _module(file):
    name = f"chaos_ext_tests_{file}"
    if name not in sys.modules:
        path = HERE / "verdict" / f"{file}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def run():
    """A run that held."""
    return _module("synthetic_run").SyntheticRun()


@pytest.fixture
def staying():
    """A run that held, with a second witness, which stays with the old primary."""
    _module("synthetic_run")
    return _module("staying_run").StayingRun()


@pytest.fixture
def looked():
    """A run that held, whose servers were looked at."""
    _module("synthetic_run")
    return _module("resource_run").ResourceRun()


class Conductor:
    """Writes down what it is asked for."""

    def __init__(self):
        self.asked = []

    def inject(self, asked):
        self.asked.append(asked)
        return {"landed": True}


@pytest.fixture
def conductor():
    """One for as long as the test lasts."""
    made = Conductor()
    session.begin(made)
    yield made
    session.end()
