"""Real servers keep their data in a folder that leads through us, and find it again."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chaos_ext import world

from .conftest import Valkey
from .passing import PATIENCE_S, Passing, needs_mounts

KEYS = 2_000


@pytest.fixture
def passing(tmp_path):
    needs_mounts()
    served = None

    def over(folder):
        nonlocal served
        served = Passing(folder, tmp_path / "log of passing").start()
        return served

    yield over
    if served:
        served.close()


@pytest.fixture
def server(tmp_path, passing):
    """A real server that fsyncs every write, with its data behind a pass-through."""
    program = next(Path(sys.prefix).rglob("valkey-server"), None)
    if program is None:
        pytest.skip("needs: a Redis server, pip install chaos_ext[lab]")
    valkey = Valkey(program, tmp_path / "redis", ["--appendfsync", "always"], ())
    valkey.through = passing(tmp_path / "redis")
    yield valkey.start()
    if valkey.process.poll() is None:
        valkey.kill()


def once(server):
    """A client that does not try again."""
    host, port = server.address
    return redis.Redis(host, port, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def written(client, first=0):
    """Write, in pipelines; what was acknowledged."""
    values = {f"key-{number}": os.urandom(20) for number in range(first, first + KEYS)}
    with client.pipeline(transaction=False) as pipeline:
        for key, value in values.items():
            pipeline.set(key, value)
        assert all(pipeline.execute())
    return values


def kept(client, values):
    return dict(zip(values, client.mget(values), strict=True)) == values


def test_redis_keeps_its_data_and_reads_it_again(server, tmp_path):
    values = written(server.client())
    assert server.client().bgrewriteaof()
    assert world.wait_until(
        lambda: not server.client().info("persistence")["aof_rewrite_in_progress"], PATIENCE_S
    )
    values |= written(server.client(), KEYS)

    server.kill()
    server.start()

    assert kept(server.client(), values)
    server.kill()
    assert server.through.end() == 0  # and without us
    server.start()
    assert kept(server.client(), values)
    assert not server.through.mounted()


def test_redis_with_a_failing_disk_acknowledges_nothing_it_did_not_keep(server):
    client = server.client()
    values = written(client)

    with server.through.hurt({"do": "fail", "ops": ["write"], "errno": "EIO"}):
        with pytest.raises(redis.RedisError):
            once(server).set("lost", "x")
        assert world.wait_until(lambda: server.process.poll() is not None, PATIENCE_S)
    server.start()

    assert kept(server.client(), values)
    assert server.client().get("lost") is None


def test_redis_waits_for_a_slow_disk(server):
    client = server.client()

    with server.through.hurt({"do": "slow", "ops": ["fsync"], "ms": 200}):
        began_ns = world.monotonic_ns()
        assert client.set("slow", "x")
        slow_ms = (world.monotonic_ns() - began_ns) / 1e6

    assert slow_ms >= 200
    assert client.get("slow") == b"x"


def test_redis_is_killed_at_once_while_its_disk_is_slow(server):
    client = server.client()
    values = written(client)

    with server.through.hurt({"do": "slow", "ops": ["fsync"], "ms": 600_000}):
        with pytest.raises(redis.RedisError):
            once(server).set("waits", "x")
        server.process.kill()
        server.process.wait(PATIENCE_S)
    server.start()

    assert kept(server.client(), values)


def test_redis_loses_nothing_acknowledged_when_its_pass_through_is_killed(server):
    values = written(server.client())

    server.through.end(9)
    with pytest.raises(redis.RedisError):
        once(server).set("late", "x")
    server.kill()
    server.through.start()
    server.start()

    assert kept(server.client(), values)


class Postgres:
    """A real PostgreSQL, run by a user that is not root."""

    def __init__(self, folder):
        self.folder = folder
        self.user = pwd.getpwnam("nobody")
        self.process = None

    def run(self, *argv, stdin=None):
        return subprocess.run(
            [shutil.which("setpriv"), f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
             "--clear-groups", *map(str, argv)],
            cwd=self.folder, capture_output=True, check=False, text=True, input=stdin,
        )  # fmt: skip

    def initialise(self):
        program = Path(os.path.realpath(shutil.which("postgres"))).with_name("initdb")
        told = self.run(program, "-D", self.folder, "-U", "chaos", "-A", "trust", "-N")
        assert told.returncode == 0, told.stderr

    def single(self, sql):
        """Statements run by a server for one user: it starts, recovers, and ends in good order."""
        program = os.path.realpath(shutil.which("postgres"))
        told = self.run(
            program, "--single", "-j", "-D", self.folder, "postgres", stdin=sql + "\n"
        )
        return told.returncode, told.stdout, told.stderr


@pytest.fixture
def postgres(tmp_path, passing):
    if not shutil.which("postgres") or not shutil.which("setpriv"):
        pytest.skip("needs: PostgreSQL's own programs and setpriv, on PATH")
    for above in tmp_path.parents:
        if above.owner() == "root" and str(above).startswith(str(tmp_path.parents[2])):
            above.chmod(above.stat().st_mode | 0o011)
    tmp_path.chmod(0o711)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    server = Postgres(folder)
    os.chown(folder, server.user.pw_uid, server.user.pw_gid)
    server.through = passing(folder)
    return server


def test_postgres_keeps_its_data_and_finds_it_again(postgres):
    postgres.initialise()
    made = postgres.single(
        "create table t (n int); insert into t select generate_series(1, 1000);"
    )
    assert made[0] == 0, made[2]

    _, counted, _ = postgres.single("select sum(n) from t;")
    assert postgres.through.end() == 0
    _, counted_without_us, _ = postgres.single("select sum(n) from t;")

    assert '"500500"' in counted
    assert '"500500"' in counted_without_us
    assert {path.owner() for path in postgres.folder.rglob("*")} == {"nobody"}


def test_postgres_panics_when_its_log_cannot_be_made_durable(postgres):
    postgres.initialise()

    with postgres.through.hurt({"do": "fail", "ops": ["fsync"], "errno": "EIO"}):
        code, _, told = postgres.single("create table t (n int);")
    assert code != 0
    assert "Input/output error" in told

    recovered = postgres.single("create table t (n int);")
    assert recovered[0] == 0, recovered[2]
