"""Finding real processes: by the file they wrote, the port they hold, the unit they belong to."""

import os
import subprocess
import sys

import psutil
import pytest

from chaos_ext.environment.attach import find
from chaos_ext.environment.model import Target
from chaos_ext.errors import TargetGone, UnknownTarget

LISTEN = """
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
worker = os.fork() if sys.argv[1] == "fork" else 1
if worker:
    print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


def target(**attach):
    return Target("redis-primary", "redis", attach=attach)


@pytest.fixture
def listener():
    started = []

    def start(mode):
        process = subprocess.Popen(
            [sys.executable, "-c", LISTEN, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


@pytest.mark.parametrize("mode", ["alone", "fork"])
def test_find_gives_the_server_when_it_listens(listener, mode):
    process, port = listener(mode)

    assert find(target(port=port)) == process.pid


def test_find_says_gone_when_the_listener_has_ended(listener):
    process, port = listener("alone")
    process.stdin.close()
    process.wait(timeout=10)

    with pytest.raises(TargetGone, match=f"nobody listens on port {port}"):
        find(target(port=port))


def test_find_gives_the_process_of_a_pid_file(listener, tmp_path):
    process, _ = listener("alone")
    path = tmp_path / "server.pid"
    path.write_text(f"{process.pid}\n")

    assert find(target(pid_file=str(path))) == process.pid


def test_find_says_gone_when_the_process_is_a_zombie(listener, tmp_path):
    process, _ = listener("alone")
    path = tmp_path / "server.pid"
    path.write_text(f"{process.pid}\n")
    process.stdin.close()
    os.waitid(
        os.P_PID, process.pid, os.WEXITED | os.WNOWAIT
    )  # it has ended, and stays a zombie

    with pytest.raises(TargetGone, match="no such process is running"):
        find(target(pid_file=str(path)))


def test_find_gives_the_main_process_of_a_unit(listener, tmp_path, monkeypatch):
    process, _ = listener("alone")
    program = tmp_path / "systemctl"
    program.write_text(
        f'#!/bin/sh\n[ "$*" = "show -p MainPID --value -- a.service" ] && echo {process.pid}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find(target(unit="a.service")) == process.pid


def test_find_refuses_a_port_when_strangers_share_it(listener, monkeypatch):
    first, port = listener("alone")
    second, other = listener("alone")
    real = psutil.net_connections(kind="tcp")
    same = [
        each._replace(laddr=type(each.laddr)("127.0.0.1", port))
        for each in real
        if each.status == psutil.CONN_LISTEN and each.laddr.port in (port, other)
    ]
    monkeypatch.setattr(psutil, "net_connections", lambda **_: same)

    with pytest.raises(
        UnknownTarget, match="belongs to 2 processes: attach by pid_file or unit"
    ):
        find(target(port=port))
    assert {each.pid for each in same} == {first.pid, second.pid}
