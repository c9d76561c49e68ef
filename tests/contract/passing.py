"""What tests of the pass-through are made of: a folder that leads through it, and those who command it."""

import json
import os
import signal
import socket
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.passthrough import mounting, syscalls

HOST = "127.0.0.1"
PATIENCE_S = 10
# Puts rules, says what it was answered, and holds them until it is killed.
HOLDER = """
import socket, sys, threading
door = socket.create_connection((sys.argv[1], int(sys.argv[2])))
door.sendall(sys.argv[3].encode() + b"\\n")
print(door.recv(65536).decode().strip(), flush=True)
threading.Event().wait()
"""


def needs_mounts():
    """Skip where this machine lets nobody mount."""
    if not Path(mounting.DEVICE).exists():
        pytest.skip(f"needs: {mounting.DEVICE}, the kernel's module fuse")
    if os.geteuid() != 0:
        pytest.skip("needs: root, to mount")


@pytest.fixture(scope="module")
def passing(tmp_path_factory):
    """A folder that leads through a pass-through, of all tests of a file."""
    needs_mounts()
    place = tmp_path_factory.mktemp("passing")
    (place / "through").mkdir()
    served = Passing(place / "through", place / "log").start()
    yield served
    served.close()


class Passing:
    """One folder that leads through a server of its own."""

    def __init__(self, folder, log):
        self.folder, self._log = folder, log
        self.port = _free_port()
        self.command = [sys.executable]  # what runs our modules
        self.process = None

    def start(self):
        argv = [*self.command, "-m", "chaos_ext.passthrough"]
        argv += ["--folder", self.folder, "--listen", f"{HOST}:{self.port}"]
        self.process = world.start_process(argv, log=self._log, dies_with_us=True)
        assert world.wait_until(self.serves, PATIENCE_S), self.log()
        return self

    def log(self):
        return self._log.read_text()

    def serves(self):
        assert self.process.poll() is None, self.log()
        with suppress(OSError), self.commander() as commander:
            return commander.ask("status")["ok"]
        return False

    def commander(self):
        return Commander(self.port)

    @contextmanager
    def hurt(self, *rules, for_s=60):
        """The rules are in force within it; tells who holds them."""
        with self.commander() as commander:
            assert commander.put(*rules, for_s=for_s) == {"ok": True}
            yield commander

    def status(self):
        with self.commander() as commander:
            return commander.ask("status")

    def holder(self, *rules):
        """A process of its own that holds *rules*."""
        said = json.dumps(put(rules, 60))
        argv = [sys.executable, "-c", HOLDER, HOST, str(self.port), said]
        process = world.start_process(argv, pipes=True, dies_with_us=True)
        assert json.loads(process.stdout.readline()) == {"ok": True}
        return process

    def end(self, signum=signal.SIGTERM):
        """Its exit code, once it has ended."""
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE_S)

    def mounted(self):
        seen = mounting.top(self.folder)
        return seen is not None and seen.kind == mounting.KIND

    def close(self):
        """Leave nothing, whatever the test did."""
        if self.process:
            self.process.kill()
            self.process.wait()
        while self.mounted():
            syscalls.detach(os.fsencode(self.folder))


class Commander:
    """One connection to the control of a pass-through: a lease."""

    def __init__(self, port):
        self._door = socket.create_connection((HOST, port), PATIENCE_S)
        self._lines = self._door.makefile("rb")

    def say(self, line):
        self._door.sendall(line + b"\n")
        return json.loads(self._lines.readline())

    def ask(self, what):
        return self.say(json.dumps({"ask": what}).encode())

    def put(self, *rules, for_s=60):
        return self.say(json.dumps(put(rules, for_s)).encode())

    def close(self):
        self._lines.close()
        self._door.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def put(rules, for_s):
    """What puts *rules* in force for that long; those without a lease get one."""
    deadline_ns = world.boottime_ns() + int(for_s * 1e9)
    return {"put": [{"lease": "one", **rule} for rule in rules], "deadline_ns": deadline_ns}


def took_ms(do):
    """How long it took, and what it returned."""
    began_ns = world.monotonic_ns()
    result = do()
    return (world.monotonic_ns() - began_ns) / 1e6, result


def synced(path, data=b"x"):
    """Write and see it on the disk."""
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)


def refusal(do):
    """The errno with which it was refused; 0 when it was not."""
    try:
        do()
    except OSError as problem:
        return problem.errno
    return 0


def _free_port():
    with socket.create_server((HOST, 0)) as door:
        return door.getsockname()[1]
