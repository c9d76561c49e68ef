"""Finding a user's own process: every way it may not be there has its own sentence."""

import os
from types import SimpleNamespace

import psutil
import pytest

from chaos_ext.environment.attach import find
from chaos_ext.environment.model import Target
from chaos_ext.errors import TargetGone, UnknownTarget

NO_PID = 2**22 + 1  # above what the kernel hands out


def target(**attach):
    return Target("redis-primary", "redis", attach=attach)


def refused(error, **attach):
    with pytest.raises(error) as refusal:
        find(target(**attach))
    text = str(refusal.value)
    assert text.startswith("redis-primary")
    assert "\n" not in text
    return text


def test_find_refuses_a_target_without_a_way_to_find_it():
    assert "has no attach" in refused(UnknownTarget)


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        ("", UnknownTarget, "holds no pid"),
        ("abc", UnknownTarget, "holds no pid"),
        ("-5", UnknownTarget, "holds no pid"),
        ("0", UnknownTarget, "holds no pid"),
        ("1\n", UnknownTarget, "is pid 1, which this run itself depends on"),
        pytest.param(
            str(os.getpid()), UnknownTarget, "which this run itself depends on", id="own"
        ),
        pytest.param(
            str(os.getppid()), UnknownTarget, "which this run itself depends on", id="parent"
        ),
        (str(NO_PID), TargetGone, "no such process is running: start it first"),
    ],
)
def test_find_refuses_what_a_pid_file_cannot_mean(tmp_path, content, error, reason):
    path = tmp_path / "redis.pid"
    path.write_text(content)

    assert reason in refused(error, pid_file=str(path))


def test_find_refuses_when_there_is_no_pid_file(tmp_path):
    assert "is it running?" in refused(TargetGone, pid_file=str(tmp_path / "none.pid"))


def test_find_refuses_a_pid_file_it_cannot_read(tmp_path):
    assert "Is a directory" in refused(UnknownTarget, pid_file=str(tmp_path))


@pytest.mark.parametrize(
    ("pids", "error", "reason"),
    [
        ([], TargetGone, "nobody listens on port 6379: is it running?"),
        (
            [None],
            UnknownTarget,
            "belongs to another user's process: attach by pid_file or unit",
        ),
        ([NO_PID], TargetGone, "who listened on port 6379 has just ended"),
    ],
)
def test_find_refuses_when_a_port_names_no_process(monkeypatch, pids, error, reason):
    sockets = [
        SimpleNamespace(status=psutil.CONN_LISTEN, laddr=SimpleNamespace(port=6379), pid=pid)
        for pid in pids
    ]
    monkeypatch.setattr(psutil, "net_connections", lambda **_: sockets)

    assert reason in refused(error, port=6379)


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ("echo 0", TargetGone, "unit 'redis.service' is not running: systemctl start it first"),
        ("echo", UnknownTarget, "systemctl knows nothing of unit 'redis.service'"),
        ("echo 5; exit 1", UnknownTarget, "systemctl knows nothing of unit"),
        (f"echo {NO_PID}", TargetGone, "no such process is running"),
        ("echo 1", UnknownTarget, "which this run itself depends on"),
    ],
)
def test_find_refuses_when_a_unit_names_no_process(
    monkeypatch, tmp_path, answer, error, reason
):
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert reason in refused(error, unit="redis.service")


def test_find_refuses_a_unit_when_there_is_no_systemctl(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    reason = refused(UnknownTarget, unit="redis.service")

    assert "no systemctl on this machine: attach by pid_file or port" in reason
