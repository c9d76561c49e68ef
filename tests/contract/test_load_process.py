"""The load process ends when it should, and says when it cannot serve."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress

import psutil
import pytest

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.load.client import Load
from chaos_ext.load.plan import LoadSettings


class TinyServer:
    """Answers OK to every command, on a port the kernel chose: what a load needs to be ready."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = list(self.listener.getsockname())
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.threads.append(
                threading.Thread(target=self.serve, args=(connection,), daemon=True)
            )
            self.threads[-1].start()

    def serve(self, connection):
        with connection, suppress(ConnectionError):  # a load that was killed
            while request := connection.recv(4096):
                connection.sendall(b"+OK\r\n" if b"SET" in request else b"$-1\r\n")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def target():
    server = TinyServer()
    yield {"primary": server.address}
    server.close()


def settings(target):
    return LoadSettings("redis", "process", 100, 1, 20, target)


@pytest.fixture
def load(target, tmp_path):
    load = Load.start(settings(target), tmp_path)
    assert load.ready(20), load.waiting_for
    yield load
    load.stop(5)


@pytest.fixture
def nobody():
    """An address that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield {"primary": list(taken.getsockname())}


def count(folder):
    return len(rows.read_rows(folder / "load.bin", rows.ARRIVAL))


def test_load_runs_from_go_to_stop_and_leaves_only_its_rows(load, tmp_path):
    t0_ns = load.go()
    assert world.wait_until(lambda: count(tmp_path) >= 50, 10)

    summary = load.stop(5)

    assert t0_ns < world.monotonic_ns()
    assert summary["ok"] == summary["planned"] == count(tmp_path) >= 50
    assert load.stop(5) == summary
    assert not load.alive()
    assert [path.name for path in tmp_path.iterdir()] == ["load.bin"]


def test_load_plans_nothing_when_it_is_stopped_before_it_was_sent_off(load, tmp_path):
    summary = load.stop(5)

    assert summary["planned"] == 0
    assert count(tmp_path) == 0


def test_load_says_what_it_waits_for_when_nobody_listens(nobody, tmp_path):
    load = Load.start(settings(nobody), tmp_path)

    try:
        told = world.wait_until(lambda: load.ready(0.2) or load.waiting_for != "", 30)

        assert told
        assert load.waiting_for == "refused"
        assert load.alive()
    finally:
        summary = load.stop(5)
    assert summary["planned"] == 0
    assert not load.alive()


def test_load_says_that_it_died_and_keeps_its_rows_when_it_is_killed(load, tmp_path):
    load.go()
    assert world.wait_until(lambda: count(tmp_path) >= 20, 10)

    os.kill(load.pid, signal.SIGKILL)

    assert world.wait_until(lambda: not load.alive(), 5)
    assert load.go() is None
    assert load.stop(5) == {"died": True, "exit": -signal.SIGKILL}
    assert count(tmp_path) >= 20


def test_load_ends_at_once_when_it_is_terminated(load):
    load.go()
    sent_ns = world.monotonic_ns()

    os.kill(load.pid, signal.SIGTERM)

    assert world.wait_until(lambda: not load.alive(), 5)
    assert world.monotonic_ns() - sent_ns < 1_000_000_000


def test_load_goes_on_when_the_terminal_interrupts_the_whole_group(load, tmp_path):
    load.go()

    os.kill(load.pid, signal.SIGINT)

    assert world.wait_until(lambda: count(tmp_path) >= 50, 10)
    assert load.stop(5)["planned"] >= 50


def test_load_leaves_no_orphan_when_it_does_not_stop_in_time(load):
    load.go()
    os.kill(load.pid, signal.SIGSTOP)

    summary = load.stop(0.2)

    assert summary == {"died": True, "exit": -signal.SIGKILL}
    assert not psutil.pid_exists(load.pid)


def test_load_ends_with_its_runner_when_the_runner_is_killed(target, tmp_path):
    runner = (
        "import sys; from pathlib import Path;"
        "from chaos_ext.load.client import Load; from chaos_ext.load.plan import LoadSettings;"
        f"load = Load.start(LoadSettings('redis', 'r', 100, 1, 20, {target!r}),"
        f" Path({str(tmp_path)!r}));"
        "assert load.ready(20); load.go(); print(load.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", runner], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        orphan = psutil.Process(int(process.stdout.readline()))

        process.kill()

        assert world.wait_until(
            lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, 5
        )


def test_runner_never_imports_what_patches_the_process():
    asks = (
        "import sys, chaos_ext.load.client, chaos_ext.redis.load;"
        "print([name for name in ('locust', 'gevent') if name in sys.modules])"
    )

    answer = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, check=True, text=True
    )

    assert answer.stdout.strip() == "[]"
