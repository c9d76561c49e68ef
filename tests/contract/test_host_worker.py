"""A worker is a real process whose limits the kernel keeps: it leaks until it has no more."""

import json
import socket
import sys

import pytest

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.host import client

PATIENCE_S = 20
MB = 1 << 20


@pytest.fixture
def worker(tmp_path):
    """Starts a worker with more words; its process, its address and its log."""
    started = []

    def start(*words):
        with socket.create_server(("127.0.0.1", 0)) as free:
            at = free.getsockname()
        argv = [sys.executable, "-m", "chaos_ext.host.worker", "--listen", f"{at[0]}:{at[1]}"]
        log = tmp_path / f"{at[1]}.log"
        process = world.start_process([*argv, *words], log=log)
        started.append(process)
        return process, at, log

    yield start
    for process in started:
        process.kill()
        process.wait()


def answering(at):
    return world.wait_until(lambda: client.answers(at), PATIENCE_S)


def test_worker_answers_and_says_what_it_has(worker):
    _, at, _ = worker("--memory-mb", "64")

    assert answering(at)
    told = json.loads(client.ask(at, "INFO"))
    assert told["limit_bytes"] == 64 * MB
    assert 0 < told["memory_bytes"] < told["limit_bytes"]
    assert float(client.ask(at, "WORK 5")[1:]) >= 5
    assert client.ask(at, "nonsense").startswith("-ERR")


def test_worker_that_leaks_memory_ends_when_it_may_have_no_more(worker):
    process, at, log = worker("--memory-mb", "64", "--leak-kb-per-s", "20000")

    assert answering(at)
    assert process.wait(PATIENCE_S) == 1
    assert "out of what it may have: memory" in log.read_text()


def test_worker_that_leaks_files_ends_when_it_may_open_no_more(worker):
    process, at, log = worker("--files", "40", "--leak-files-per-s", "20")

    assert answering(at)
    assert process.wait(PATIENCE_S) == 1
    assert "Too many open files" in log.read_text()


def test_worker_ends_when_it_is_asked_to(worker):
    process, at, _ = worker()

    assert answering(at)
    process.terminate()

    assert process.wait(PATIENCE_S) == 0
    with pytest.raises(TargetUnreachable):
        client.ask(at, "PING")
