"""A server that remembers what is done to it, and a way to its folder."""

import pytest


class Server:
    """What a disk fault needs of its target."""

    def __init__(self):
        self.name, self.node, self.lease_id = "redis-primary", "redis-1", "lease"
        self.deadline_ns = 0
        self.done = []
        self.dead = self.dying = self.back = self.wanted_dead = False
        self.beside = True

    def alone(self):
        return not self.wanted_dead

    def refuse_beside(self, fault, *kinds):
        """Nobody else is at it."""

    def end(self, signum):
        self.done.append("end")
        self.dead = True

    def ended(self):
        return self.dead

    def replaced(self):
        return self.back

    def serving(self):
        return self.back or not (self.dead or self.dying)

    def settled(self):
        return self.back

    def start_again(self):
        self.done.append("start")
        self.back = True

    def start_beside(self, node):
        self.done.append(f"start {node}")
        return self.beside


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def way(tmp_path):
    return {"node": "redis-1", "folder": str(tmp_path), "owner": "run",
            "disk": {"node": "redis-1-disk", "address": ["127.0.0.1", 1]}}  # fmt: skip


@pytest.fixture
def paths(way):
    return {"redis-primary": way}
