"""A server of paper with a folder of real files, and a system that knows them."""

import signal

import pytest

from chaos_ext.data import systems
from chaos_ext.errors import BadArgument, HealFailed

CONTENT = bytes(range(256))


class Server:
    """Runs or not, serves or not, and writes down what is asked of it."""

    name, node, lease_id = "redis-primary", "redis-1", "0a1b2c3d"

    def __init__(self, folder):
        self.folder = folder
        self.alive = self.lives = self.startable = True
        self.reads = lambda: True  # whether it can read its data
        self.done = []

    def send(self, signum):
        self.done.append(f"send {signum.name}")
        self.alive = False

    def ended(self):
        return not self.alive

    def runs(self):
        return self.alive

    def stop(self, signum):
        self.done.append(f"stop {signum.name}")
        self.alive = False

    def can_start(self):
        return self.startable

    def run_lives(self):
        return self.lives

    def refuse_beside(self, fault, *kinds):
        """Nobody else is at it."""

    def settled(self):
        if not self.alive:
            raise HealFailed("it has ended again")
        return True

    def start_again(self):
        self.done.append("start")
        self.alive = self.reads()


class Files:
    """What the system of paper knows: its one file must be as it was."""

    WORDS, ENDS_BY, ENDS_AT_ONCE = ("log",), signal.SIGTERM, signal.SIGKILL

    @staticmethod
    def find(folder, what):
        if what != "log":
            raise BadArgument(f"no {what!r}")
        return folder / "log"

    @staticmethod
    def repair(path, what):
        return "repaired"


@pytest.fixture
def server(tmp_path, monkeypatch):
    folder = tmp_path / "node" / "data"
    folder.mkdir(parents=True)
    (folder / "log").write_bytes(CONTENT)
    (folder.parent / "server.log").write_text("starting\nBad file format\n")
    made = Server(folder)
    made.reads = lambda: (folder / "log").exists() and (folder / "log").read_bytes() == CONTENT
    monkeypatch.setattr(systems, "files", lambda system: Files)
    return made


@pytest.fixture
def paths(server):
    path = {"node": "redis-1", "system": "paper", "owner": "run", "folder": str(server.folder)}
    return {"redis-primary": path}
