"""Servers of the user's own: only what the environment file allows is done to them."""

import os
import signal
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
import yaml

from chaos_ext import world

from .hosting import Place, experiment, fault, guarded
from .leasing import LISTENER, PATIENCE_S

NAME = "shop-db"


class Attached:
    """A server that stands before the run, and the place where runs of it are called."""

    def __init__(self, folder, host, port):
        self.place = Place(folder)
        self.pid_file = folder / "server.pid"
        program = [sys.executable, "-ISc", LISTENER, host, str(port), "0", str(self.pid_file)]
        self.start = program
        self.process = world.start_process(program)
        assert world.wait_until(self.pid_file.exists, PATIENCE_S)
        assert world.wait_until(lambda: self.pid == self.process.pid, PATIENCE_S)

    @property
    def pid(self):
        text = self.pid_file.read_text() if self.pid_file.exists() else ""
        return int(text) if text else 0

    def run(self, faults, **target):
        """Run *faults* on the server, as an environment file with *target* permits."""
        where = {"attach": {"pid_file": str(self.pid_file)}, **target}
        content = {
            "name": "shop", "kind": "native", "systems": {},
            "targets": {NAME: {"system": "redis", "url": "redis://127.0.0.1:1", **where}},
        }  # fmt: skip
        path = self.place.folder / "shop.yaml"
        path.write_text(yaml.safe_dump(content))
        return self.place.run(guarded(experiment(faults), environment=str(path)))

    def alive(self):
        with suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().split()[2] not in "ZX"
        return False

    def leases(self):
        path = self.place.folder / "state" / "ledger.db"
        with closing(sqlite3.connect(path)) as ledger:
            return ledger.execute("select fault, state from leases").fetchall()

    def close(self):
        for pid in {self.pid, self.process.pid}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def attached(tmp_path, nobody):
    made = Attached(tmp_path, *nobody)
    yield made
    made.close()


def test_attached_server_is_frozen_and_healed_when_pause_is_allowed(attached):
    ended = attached.run([fault("pause", NAME, for_s=0.5)], allow=["pause"])

    assert ended.judged == ("held", 0), ended.said
    assert attached.leases() == [("chaos_ext.process.pause", "healed")]
    assert attached.pid == attached.process.pid
    assert attached.alive()


def test_attached_server_is_not_killed_when_nobody_told_how_to_start_it(attached):
    ended = attached.run([fault("kill", NAME)], allow=["kill"])

    assert ended.code == 1
    assert "what we cannot start again we must not end" in ended.said
    assert attached.alive()


def test_attached_server_is_not_killed_when_only_pause_is_allowed(attached):
    ended = attached.run([fault("kill", NAME)], allow=["pause"], start=attached.start)

    assert ended.judged == ("void", 1), ended.said
    assert "kill" in ended.reason
    assert attached.alive()


def test_attached_server_is_killed_and_started_again_when_told_how(attached):
    ended = attached.run([fault("kill", NAME, for_s=0.5)], allow=["kill"], start=attached.start)
    again = world.wait_until(attached.alive, PATIENCE_S)

    assert ended.judged == ("held", 0), ended.said
    assert attached.leases() == [("chaos_ext.process.kill", "healed")]
    assert attached.process.wait(PATIENCE_S) == -signal.SIGKILL
    assert again
    assert attached.pid != attached.process.pid
