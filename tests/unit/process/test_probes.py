"""What is said of a process is what the kernel says."""

import pytest

from chaos_ext.lease import session
from chaos_ext.process import probes


class Conductor:
    """One process, in the state that a test wants."""

    def __init__(self):
        self.alive, self.letters = True, "SS"

    def node(self, _target):
        return self

    def same(self):
        return self.alive

    def states(self):
        return self.letters


@pytest.fixture
def conductor():
    made = Conductor()
    session.begin(made)
    yield made
    session.end()


@pytest.mark.parametrize("alive", [True, False])
def test_is_running_tells_whether_the_process_lives(conductor, alive):
    conductor.alive = alive

    assert probes.is_running("redis-1") is alive


@pytest.mark.parametrize(
    ("letters", "frozen"), [("tt", True), ("TT", True), ("tS", False), ("", False)]
)
def test_is_frozen_tells_whether_every_thread_stands_still(conductor, letters, frozen):
    conductor.letters = letters

    assert probes.is_frozen("redis-1") is frozen
