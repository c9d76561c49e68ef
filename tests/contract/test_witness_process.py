"""The witness against real servers: it finds the primary, sees it die, and never stays behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.history.operations import operations
from chaos_ext.history.outage import longest
from chaos_ext.history.rows import OK, READ, STEP, WRITE, peer_text, read_rows
from chaos_ext.redis.readback import read_back
from chaos_ext.witness.client import LOG, ROWS, Witness, WitnessSettings

WAIT_S = 20


@pytest.fixture
def watch(tmp_path):
    """Starts a witness; none is left behind."""
    started = []

    def start(target, **settings):
        config = WitnessSettings("redis", "r1", target, **settings)
        started.append(Witness.start(config, tmp_path))
        return started[-1]

    yield start
    for witness in started:
        witness.stop()


def seen(folder):
    return operations(read_rows(folder / ROWS, STEP))


def both_succeeded(folder, since_ns):
    columns = seen(folder)
    good = (columns["outcome"] == OK) & (columns["sent_ns"] > since_ns)
    return {WRITE, READ} <= set(columns["kind"][good])


def any_failed(folder, since_ns):
    columns = seen(folder)
    return bool(((columns["outcome"] != OK) & (columns["sent_ns"] > since_ns)).any())


def test_witness_bounds_the_outage_when_the_server_is_killed_and_started_again(
    valkey, watch, tmp_path
):
    server = valkey("one")
    witness = watch({"primary": server.address})

    before_ns = world.monotonic_ns()
    server.kill()
    dead_ns = world.monotonic_ns()
    assert world.wait_until(lambda: any_failed(tmp_path, dead_ns), WAIT_S)
    starting_ns = world.monotonic_ns()
    server.start()
    up_ns = world.monotonic_ns()
    assert world.wait_until(lambda: both_succeeded(tmp_path, up_ns), WAIT_S)
    summary = witness.stop()

    columns = seen(tmp_path)
    outage = longest(columns)
    assert outage.upper_s >= (starting_ns - dead_ns) / 1e9
    assert outage.lower_s <= (up_ns - before_ns) / 1e9
    assert not outage.open
    assert peer_text(int(columns["peer"][0])) == f"{server.host}:{server.port}"
    assert summary["stopped"]
    assert summary["operations"] == len(columns["seq"])
    assert (columns["finished_ns"] > 0).all()


def test_witness_leaves_only_rows_when_it_stops(valkey, watch, tmp_path):
    witness = watch({"primary": valkey("one").address})

    witness.stop()

    assert not witness.alive()
    assert (tmp_path / ROWS).stat().st_size > 0
    assert not (tmp_path / LOG).exists()


def test_witness_follows_when_sentinel_names_another_primary(valkey, watch, tmp_path):
    first = valkey("first")
    second = valkey("second", "--replicaof", f"{first.host} {first.port}")
    lines = [
        f"sentinel monitor chaos {first.host} {first.port} 1",
        "sentinel down-after-milliseconds chaos 1500",
        "sentinel failover-timeout chaos 4000",
    ]
    sentinel = valkey("sentinel", sentinel=lines)
    assert world.wait_until(lambda: can_fail_over(sentinel), WAIT_S)
    witness = watch({"sentinels": [sentinel.address], "service": "chaos"})

    first.kill()
    dead_ns = world.monotonic_ns()
    assert world.wait_until(lambda: both_succeeded(tmp_path, dead_ns), WAIT_S)
    witness.stop()

    columns = seen(tmp_path)
    writes = columns["kind"] == WRITE
    found = read_back("r1", columns["seq"][writes], second.address, [])
    there = dict(zip(found["seq"], found["primary"], strict=True))
    after = writes & (columns["sent_ns"] > dead_ns) & (columns["outcome"] == OK)
    assert {there[int(seq)] for seq in columns["seq"][after]} == {"match"}
    assert peer_text(int(columns["peer"][after][0])) == f"{second.host}:{second.port}"
    assert found["unexpected"] == []


def can_fail_over(sentinel):
    """Whether it sees the primary, and one replica that follows it."""
    with sentinel.client() as client:
        (replica,) = client.sentinel_slaves("chaos") or [{}]
        primary = client.sentinel_master("chaos")
    return primary["flags"] == "master" and replica.get("master-link-status") == "ok"


def test_witness_logs_in_and_keeps_the_secret_when_the_server_wants_a_password(
    valkey, watch, tmp_path
):
    server = valkey("one", "--requirepass", "hush")
    witness = watch({"primary": server.address, "password": "hush"})

    command_line = Path(f"/proc/{witness.pid}/cmdline").read_bytes()
    summary = witness.stop()

    assert summary["operations"] > 0
    assert b"hush" not in command_line
    assert not any(
        b"hush" in path.read_bytes() for path in tmp_path.iterdir() if path.is_file()
    )


def test_witness_says_what_is_wrong_when_nobody_listens(watch, nobody):
    target = {"primary": nobody}

    with pytest.raises(
        TargetUnreachable, match=r"could not write to redis .*Connect call"
    ) as raised:
        watch(target, timeout_s=6)  # long enough for a slow machine to ask once

    assert "\n" not in str(raised.value)


def test_witness_says_what_is_wrong_when_it_cannot_start(tmp_path):
    settings = WitnessSettings("abacus", "r1", {})

    with pytest.raises(TargetUnreachable, match="'abacus' cannot be watched"):
        Witness.start(settings, tmp_path)


def test_witness_is_told_dead_when_it_was_killed(valkey, watch, tmp_path):
    witness = watch({"primary": valkey("one").address})
    os.kill(witness.pid, signal.SIGKILL)
    assert world.wait_until(lambda: not witness.alive(), WAIT_S)

    told = witness.stop()

    assert told["died"]
    assert told["exit"] == -signal.SIGKILL
    assert witness.stop() == told
    assert len(seen(tmp_path)["seq"])


def test_witness_goes_on_when_the_terminal_is_interrupted(valkey, watch, tmp_path):
    witness = watch({"primary": valkey("one").address})
    os.kill(witness.pid, signal.SIGINT)
    interrupted_ns = world.monotonic_ns()

    went_on = world.wait_until(lambda: both_succeeded(tmp_path, interrupted_ns), WAIT_S)

    assert went_on
    assert witness.stop()["stopped"]


RUNNER = """
import sys
from pathlib import Path
from chaos_ext.witness.client import Witness, WitnessSettings
target = {"primary": [sys.argv[1], int(sys.argv[2])]}
witness = Witness.start(WitnessSettings("redis", "r1", target), Path(sys.argv[3]))
print(witness.pid, flush=True)
sys.stdin.read()
"""


def test_witness_ends_when_its_runner_is_killed(valkey, tmp_path):
    server = valkey("one")
    argv = [sys.executable, "-c", RUNNER, server.host, str(server.port), tmp_path]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        pid = int(runner.stdout.readline())
        runner.kill()

    gone = world.wait_until(lambda: not is_running(pid), WAIT_S)

    assert gone


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # nobody may be there to collect it
