"""The sampler sees of real servers what anybody else sees, for as long as they and it live."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
import pytest

from chaos_ext import world
from chaos_ext.history import usage
from chaos_ext.history.rows import LOOK

from .leasing import PATIENCE_S
from .sampled import AUTH_FIRST, EVERY_MS, Sampled

MB = 1 << 20


@pytest.fixture
def rig(tmp_path):
    made = Sampled(tmp_path)
    yield made
    made.close()


def connections(server, count):
    """Clients of *server*, for as long as the stack is open."""
    stack = ExitStack()
    for _ in range(count):
        line = stack.enter_context(socket.create_connection(tuple(server.spec["listen"]), 5))
        line.sendall(b"PING\r\n")
        assert line.recv(100) == b"+PONG\r\n"
    return stack


def test_sampler_sees_what_anybody_else_sees(rig):
    server = rig.valkey("redis-1", "--maxmemory", "50mb", "--maxclients", "40")
    process = psutil.Process(server.identity.pid)
    rig.sample(rig.watch(server))

    with connections(server, 7):
        look = rig.seen(lambda look: look["connections"] == 8)  # and the sampler itself

        assert look["pid"] == process.pid
        assert look["files"] == process.num_fds()
        assert look["files_allowed"] == process.rlimit(psutil.RLIMIT_NOFILE)[0]
        assert look["threads"] == process.num_threads()
        assert abs(int(look["memory_bytes"]) - process.memory_info().rss) < MB
        assert look["memory_server_limit_bytes"] == 50 * MB
        assert 0 < look["memory_server_bytes"] < 20 * MB
        assert look["connections_allowed"] == 40
        assert look["net_in_bytes"] >= 7 * len(b"PING\r\n")
        disk = shutil.disk_usage(rig.folder)
        assert abs(int(look["disk_bytes"]) - disk.used) < 100 * MB
        assert look["inodes_total"] in (os.statvfs(rig.folder).f_files, -1)
        assert look["cpu_cores"] <= os.cpu_count()


def test_sampler_counts_the_cpu_time_of_a_busy_process(rig):
    server = rig.busy()
    rig.sample(rig.watch(server, "toy"))
    process = psutil.Process(server.identity.pid)

    before = sum(process.cpu_times()[:2])
    first = rig.seen(lambda look: look["pid"] > 0, "busy")
    last = rig.seen(lambda look: look["cpu_ns"] > first["cpu_ns"] + 300_000_000, "busy")
    after = sum(process.cpu_times()[:2])

    assert before - 0.02 <= first["cpu_ns"] / 1e9 < last["cpu_ns"] / 1e9 <= after + 0.02
    assert (last["connections"], last["net_in_bytes"]) == (-1, -1)  # nobody knows its words


def test_sampler_finds_a_server_again_that_was_started_again(rig):
    server = rig.valkey()
    rig.sample(rig.watch(server))
    rig.seen(lambda look: look["connections"] > 0)

    again = rig.restarted(server)

    look = rig.seen(lambda look: look["pid"] == again.identity.pid and look["connections"] > 0)
    assert look["memory_bytes"] > 0
    assert set(rig.looks()["pid"]) <= {server.identity.pid, again.identity.pid, -1}


def test_sampler_tells_that_there_is_no_process_while_there_is_none(rig):
    server = rig.valkey()
    rig.sample(rig.watch(server))

    psutil.Process(server.identity.pid).kill()
    look = rig.seen(lambda look: look["pid"] == -1)

    assert {int(look[name]) for name in LOOK.names[4:] if name != "cpu_cores"} == {-1}
    assert look["at_ns"] > 0


def test_sampler_keeps_its_pace_when_a_server_does_not_answer(rig):
    frozen, other = rig.valkey(), rig.valkey("redis-2")
    sampler = rig.sample(rig.watch(frozen), rig.watch(other))
    rig.seen(lambda look: look["connections"] > 0)

    psutil.Process(frozen.identity.pid).suspend()
    silent = rig.seen(lambda look: look["connections"] == -1)
    rig.seen(lambda look: look["at_ns"] > silent["at_ns"] + 1_000_000_000)
    psutil.Process(frozen.identity.pid).resume()
    rig.seen(lambda look: look["connections"] > 0)
    assert silent["memory_bytes"] > 0  # the kernel answers for it

    assert sampler.stop()["rounds"] == len(rig.looks())
    missed = [each for each in rig.looks("redis-2") if each["connections"] < 0]
    assert len(missed) <= 2  # before its first answer


def test_sampler_logs_in_where_a_password_is_known(rig):
    server = rig.valkey("redis-1", "--requirepass", "secret", alive=AUTH_FIRST)
    rig.sample(rig.watch(server, login=("secret",)))

    rig.seen(lambda look: look["connections"] > 0)

    argv = Path(f"/proc/{rig.samplers[0].pid}/cmdline").read_bytes()
    assert b"secret" not in argv
    assert not any(
        b"secret" in each.read_bytes() for each in rig.rows.iterdir() if each.is_file()
    )


def test_sampler_finds_a_server_of_the_users_own_by_its_port_and_finds_it_again(rig):
    server = rig.valkey()
    rig.sample(rig.watch(server, key="", attach={"port": server.spec["listen"][1]}))
    rig.seen(lambda look: look["pid"] == server.identity.pid)

    again = rig.restarted(server)

    rig.seen(lambda look: look["pid"] == again.identity.pid)


def test_crossing_is_told_at_once_and_once(rig):
    server = rig.valkey("redis-1", "--maxclients", "20")
    rig.sample(rig.watch(server))
    rig.seen(lambda look: look["connections"] == 1)

    with connections(server, 15):
        rig.seen(lambda look: look["connections"] == 16)
        with connections(server, 3):
            rig.seen(lambda look: look["connections"] == 19)
            rig.seen(lambda look: look["connections"] == 19)
    rig.seen(lambda look: look["connections"] == 1)
    with connections(server, 17):
        rig.seen(lambda look: look["connections"] == 18)
        rig.seen(lambda look: True)

    told = [
        (each["level"], each["ratio"]) for each in rig.said if each["what"] == "connections"
    ]
    levels = [level for level, _ in told]
    assert levels[:2] == ["warning", "violation"]
    assert levels[2:] in (["violation"], ["warning", "violation"])  # by how fast they come
    assert {each["target"] for each in rig.said} == {"redis-1"}
    assert told[0][1] >= 0.8
    assert told[1][1] >= 0.9


def test_limits_of_the_experiment_decide_when_to_tell(rig):
    server = rig.valkey("redis-1", "--maxmemory", "20mb")
    rig.sample(rig.watch(server), warn_ratio=0.3, memory_ratio=0.5)
    rig.seen(lambda look: look["memory_server_bytes"] > 0)

    rig.ask(server, "SETRANGE", "large", 12 * MB, "x")
    look = rig.seen(lambda look: look["memory_server_bytes"] > 12 * MB)

    assert world.wait_until(
        lambda: ("memory", "violation") in {(e["what"], e["level"]) for e in rig.said},
        PATIENCE_S,
    )
    assert usage.at_once(rig.looks()[-1:])["memory"][0] == pytest.approx(
        int(look["memory_server_bytes"]) / (20 * MB), abs=0.2
    )


def test_rows_survive_the_death_of_the_sampler_and_it_is_told_at_once(rig):
    server = rig.valkey()
    sampler = rig.sample(rig.watch(server))
    rig.seen(lambda look: look["connections"] > 0)

    os.kill(sampler.pid, signal.SIGKILL)

    assert world.wait_until(lambda: bool(rig.said), PATIENCE_S)
    assert [each["event"] for each in rig.said] == ["died"]
    told = sampler.stop()
    assert (told["died"], told["exit"]) == (True, -signal.SIGKILL)
    assert len(rig.said) == 1
    assert (rig.looks()["target"] == b"redis-1").all()


def test_sampler_that_is_stopped_says_how_it_went_and_leaves_no_log(rig):
    server = rig.valkey()
    sampler = rig.sample(rig.watch(server))
    assert world.wait_until(lambda: len(rig.looks()) > 2, PATIENCE_S)

    told = sampler.stop()

    assert told["rounds"] == len(rig.looks())
    assert told == sampler.stop()
    assert rig.said == []
    assert [each.name for each in rig.rows.iterdir()] == ["resources.bin"]
    steps_ns = set(np.diff(rig.looks()["intended_ns"]) % (EVERY_MS * 1_000_000))
    assert steps_ns == {0}  # on one grid, however late a round was


def test_sampler_that_cannot_begin_says_why(rig):
    server = rig.valkey()
    rig.rows = rig.folder / "nowhere"
    rig.rows.mkdir()
    (rig.rows / "resources.bin").mkdir()

    with pytest.raises(AssertionError):
        rig.sample(rig.watch(server))

    assert world.wait_until(lambda: bool(rig.said), PATIENCE_S)
    assert "IsADirectoryError" in rig.said[0]["reason"]


RUNNER = """
import sys
from pathlib import Path
from chaos_ext.resource.sampling import Sampler, SamplerSettings, Watch
watch = Watch("redis-1", "redis", ("127.0.0.1", 1), key="toy/one")
sampler = Sampler.start(SamplerSettings([watch]), Path(sys.argv[1]), print)
sampler.ready(10)
print(sampler.pid, flush=True)
sys.stdin.read()
"""


def test_sampler_ends_when_its_runner_is_killed(tmp_path):
    argv = [sys.executable, "-c", RUNNER, tmp_path]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        pid = int(runner.stdout.readline())
        sampler = psutil.Process(pid)
        runner.kill()

    gone, _ = psutil.wait_procs([sampler], PATIENCE_S)

    assert gone == [sampler]
