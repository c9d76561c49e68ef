"""Somebody's own Redis behind somebody's own proxy, ours or a real Toxiproxy: hurt, and given back."""

import json
import os
import socket
import subprocess
import sys
import urllib.request

import pytest
import yaml

from chaos_ext import world
from chaos_ext.lab import binaries, native

CHAOS = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
RUN_S_MAX = 90
PATIENCE_S = 20
REAL = os.environ.get("CHAOS_TOXIPROXY", "")
SERVERS = {
    "ours": [sys.executable, "-m", "chaos_ext.proxy"],
    "toxiproxy": pytest.param(
        [REAL], marks=pytest.mark.skipif(not REAL, reason="no CHAOS_TOXIPROXY names one")
    ),
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def call(url, data=None):
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(url, body, timeout=PATIENCE_S) as answer:
        return json.loads(answer.read())


@pytest.fixture
def started(tmp_path):
    """Starts a program of the user's own on a port; all end with the test."""
    running = []

    def start(argv, port):
        running.append(world.start_process(argv, cwd=tmp_path, log=tmp_path / f"{port}.log"))
        assert world.wait_until(lambda: answers(port), PATIENCE_S)

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture(params=SERVERS.values(), ids=SERVERS)
def own(request, started, tmp_path):
    """A Redis behind a proxy, and the environment that describes the two."""
    server, front, api = free_port(), free_port(), free_port()
    redis = binaries.find(native.system("redis").BINARY).path
    started([redis, "--port", str(server), "--bind", "127.0.0.1", "--save", ""], server)
    started([*request.param, "-port", str(api)], api)
    proxy = {"name": "shop", "listen": f"127.0.0.1:{front}", "upstream": f"127.0.0.1:{server}"}
    call(f"http://127.0.0.1:{api}/proxies", proxy)
    target = {"system": "redis", "url": f"redis://127.0.0.1:{front}", "proxy": "shop"}
    environment = {
        "name": "own", "kind": "remote", "allow": ["latency", "cut"],
        "toxiproxy_url": f"http://127.0.0.1:{api}", "targets": {"redis-primary": target},
        "limits": {"faults_at_once": 2},
    }  # fmt: skip
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(environment))
    return f"http://127.0.0.1:{api}/proxies"


def python(module, func, **arguments):
    return {"type": "python", "module": module, "func": func, "arguments": arguments}


def experiment():
    ours = {
        "name": "chaos_ext", "environment": "./own.yaml", "watch": ["redis"], "baseline_s": 2,
        "claims": ["outage_s <= 4", "acknowledged_lost == 0"],
    }  # fmt: skip
    target, actions = "redis-primary", "chaos_ext.network.actions"
    slow = python(actions, "latency", target=target, ms=50, for_s=1)
    cut = python(actions, "cut", target=target, for_s=1)
    asked = python("chaos_ext.redis.probes", "answers", target=target)
    probe = {"type": "probe", "name": "answers", "tolerance": True, "provider": asked}
    return {
        "title": "Somebody's own", "description": "Slow for a moment, then cut off.",
        "controls": [{"name": "chaos_ext", "provider": {"type": "python", "module": "chaos_ext.control"}}],
        "extensions": [ours],
        "steady-state-hypothesis": {"title": "it answers", "probes": [probe]},
        "method": [{"type": "action", "name": name, "provider": each, "pauses": {"after": 1}}
                   for name, each in (("slow", slow), ("cut", cut))],
        "rollbacks": [],
    }  # fmt: skip


@pytest.mark.timeout(RUN_S_MAX)
def test_own_redis_is_hurt_through_its_own_proxy_and_given_back(own, tmp_path):
    (tmp_path / "own_redis.json").write_text(json.dumps(experiment()))
    before = call(own)

    ran = subprocess.run(
        [*CHAOS, "run", "own_redis.json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=RUN_S_MAX, check=False,
    )  # fmt: skip

    verdict = json.loads((tmp_path / "reports/own_redis/latest/verdict.json").read_text())
    assert verdict["verdict"] == "held", ran.stdout + ran.stderr
    landed = {each["fault"]: each["landed"] for each in verdict["faults"]}
    assert landed["network.latency"]["asked_ms"] == 50
    assert verdict["outage"]["lower_s"] > 0
    assert call(own) == before


def test_own_proxy_that_is_not_there_is_named(own, tmp_path):
    environment = yaml.safe_load((tmp_path / "own.yaml").read_text())
    environment["targets"]["redis-primary"]["proxy"] = "shopp"
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(environment))
    (tmp_path / "own_redis.json").write_text(json.dumps(experiment()))

    subprocess.run(
        [*CHAOS, "run", "own_redis.json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=RUN_S_MAX, check=False,
    )  # fmt: skip

    verdict = json.loads((tmp_path / "reports/own_redis/latest/verdict.json").read_text())
    assert verdict["verdict"] == "void"
    assert "has no proxy 'shopp'" in verdict["reason"]
