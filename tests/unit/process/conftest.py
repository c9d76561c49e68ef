"""A target that writes down what is done to it, and does as it is told."""

import pytest


class Target:
    """A server in memory."""

    def __init__(self):
        self.done = []
        self.alive, self.serves, self.threads, self.other = True, True, "SS", False
        self.dies_of_a_signal = True

    def send(self, signum):
        self.done.append(signum.name)
        self.alive = self.alive and not self.dies_of_a_signal

    def end(self, signum):
        self.done.append(f"end {signum.name}")
        self.alive = False

    def ended(self):
        return not self.alive

    def replaced(self):
        return self.other

    def serving(self):
        return self.serves

    def settled(self):
        self.done.append("look twice")
        return self.serves

    def states(self):
        return self.threads

    def start_again(self):
        self.done.append("start")


@pytest.fixture
def target():
    return Target()
