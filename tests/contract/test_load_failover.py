"""The load follows Sentinel to the new primary at once: it never makes an outage longer."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from redis import Redis, RedisError

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.load.client import Load, users_for
from chaos_ext.load.plan import LoadSettings

PORT, SENTINEL_PORT = 7380, 27380
RATE_PER_S, DEADLINE_S = 200, 1.5
S = 1_000_000_000


class Trio:
    """One primary, one replica and one sentinel that may decide alone."""

    def __init__(self, folder, stack):
        program = next(Path(sys.prefix).rglob("valkey-server"), None)
        if program is None:
            pytest.skip("needs: a Redis server, pip install chaos_ext[lab]")
        net = f"127.82.{os.getpid() & 255}"
        self.program, self.folder, self.stack = program, folder, stack
        self.hosts = [f"{net}.1", f"{net}.2", f"{net}.3"]
        self.primary = self.start(self.hosts[0], PORT)
        replica = self.hosts[1]
        follow = ["--replicaof", self.hosts[0], PORT, "--replica-announce-ip", replica]
        self.start(replica, PORT, *follow)
        wait(lambda: ask(self.hosts[1], PORT, "ROLE")[3] == b"connected")
        self.start_sentinel()
        wait(lambda: self.state()["num-slaves"] == 1)

    def start_sentinel(self):
        config = self.folder / "sentinel.conf"
        config.write_text(
            f"sentinel monitor chaos {self.hosts[0]} {PORT} 1\n"
            "sentinel down-after-milliseconds chaos 500\n"
            "sentinel failover-timeout chaos 3000\n"
        )
        self.start(self.hosts[2], SENTINEL_PORT, config=config)

    def start(self, host, port, *more, config=None):
        folder = self.folder / host
        folder.mkdir()
        head = [config, "--sentinel"] if config else ["--save", ""]
        words = [self.program, *head, "--bind", host, "--port", port, "--dir", folder, *more]
        process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)
        self.stack.callback(process.wait, 10)
        self.stack.callback(process.kill)
        wait(lambda: ask(host, port, "PING"))
        return process

    def state(self):
        with Redis(self.hosts[2], SENTINEL_PORT, socket_timeout=1, protocol=2) as sentinel:
            return sentinel.sentinel_master("chaos")

    @property
    def target(self):
        return {"sentinels": [[self.hosts[2], SENTINEL_PORT]], "service": "chaos"}


def ask(host, port, word):
    with Redis(host, port, socket_timeout=1, protocol=2) as client:
        return client.execute_command(word)


def wait(condition):
    def holds():
        try:
            return condition()
        except RedisError:
            return False

    assert world.wait_until(holds, 20)


@pytest.fixture
def trio(tmp_path):
    with ExitStack() as stack:
        yield Trio(tmp_path, stack)


@pytest.fixture
def load(trio, tmp_path):
    users = users_for("redis", trio.target, RATE_PER_S, DEADLINE_S).users
    settings = LoadSettings("redis", "failover", RATE_PER_S, DEADLINE_S, users, trio.target)
    load = Load.start(settings, tmp_path)
    assert load.ready(20), load.waiting_for
    yield load
    load.stop(5)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_load_serves_again_as_soon_as_sentinel_has_switched(trio, load, tmp_path, how):
    path = tmp_path / "load.bin"
    load.go()
    wait(lambda: len(rows.read_rows(path, rows.ARRIVAL)) > RATE_PER_S // 2)

    trio.primary.send_signal(how)
    harmed_ns = world.monotonic_ns()
    wait(lambda: trio.state()["ip"] == trio.hosts[1])
    wait(lambda: ask(trio.hosts[1], PORT, "ROLE")[0] == b"master")
    switched_ns = world.monotonic_ns()
    wait(lambda: rows.read_rows(path, rows.ARRIVAL)["intended_ns"].max() > switched_ns + S)
    load.stop(5)

    told = rows.read_rows(path, rows.ARRIVAL)
    served = told[(told["outcome"] == rows.OK) & (told["sent_ns"] > harmed_ns + S // 10)]
    after = told[told["intended_ns"] > switched_ns + 3 * S // 10]
    assert served["finished_ns"].min() - switched_ns < 0.2 * S
    assert switched_ns - harmed_ns > 0.4 * S
    assert len(after) > RATE_PER_S // 2
    assert not np.any(after["outcome"] != rows.OK)
