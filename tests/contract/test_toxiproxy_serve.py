"""`chaos proxy serve` and the stand-in for `toxiproxy-server`: whole or not at all, and a clean end."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .serving import LINE, PATIENCE_S, Served

CHAOS = Path(sys.executable).with_name("chaos")
SCRIPT = Path(sys.executable).with_name("chaos-toxiproxy-server")
BOTH = pytest.mark.parametrize("program", ["chaos", "script"])
PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE = 24, 10
PROXY = {"name": "web", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}


@pytest.fixture
def refused(tmp_path):
    """Run a program that should refuse; what it told, after looking that it ended with 1."""

    def run(program, *words, **others):
        serve = {
            "chaos": [CHAOS, "--no-version-check", "proxy", "serve"],
            "script": [SCRIPT],
        }[program]
        told = subprocess.run(
            [*serve, *words],
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "LOG_LEVEL": "warn"},
            text=True,
            timeout=PATIENCE_S,
            check=False,
            **others,
        )
        assert told.returncode == 1, told
        assert told.stdout == ""
        assert len(told.stderr.splitlines()) == 1
        return told.stderr

    return run


def without_privilege():
    """Give up low ports; who is not root does not have them anyway."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE, 0, 0, 0)


@pytest.fixture
def config(tmp_path):
    """Write a config file; its path."""

    def write(content):
        path = tmp_path / "proxies.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_config_file_makes_proxies_with_their_toxics(tmp_path, config):
    toxic = {"type": "latency", "stream": "upstream", "attributes": {"latency": 5}}
    path = config([{**PROXY, "toxics": [toxic]}, {**PROXY, "name": "off", "enabled": False}])

    served = Served(tmp_path, "-config", path)

    told = served.ask("GET", "/proxies").json
    assert LINE.search(served.log.read_text())[3] == "2"
    assert told["web"]["toxics"] == [
        {
            "attributes": {"latency": 5, "jitter": 0},
            "name": "latency_upstream",
            "type": "latency",
            "stream": "upstream",
            "toxicity": 1,
        }
    ]
    assert told["off"]["enabled"] is False
    assert served.close() == 0


def test_signal_ends_it_with_every_listener(tmp_path, config):
    served = Served(tmp_path, "-config", config([PROXY]))
    host, port = served.ask("GET", "/proxies/web").json["listen"].split(":")
    client = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    kept = socket.create_connection((served.host, served.port), timeout=PATIENCE_S)

    code = served.close()

    with client, kept:
        assert code == 0
        assert kept.recv(1) == b""
        for where in (served.port, int(port)):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, where), timeout=PATIENCE_S)
    assert served.log.read_text().count("\n") == 1, "nothing is told but where it serves"


def test_port_is_free_again_at_once(tmp_path):
    first = Served(tmp_path)
    first.ask("GET", "/version")
    first.close()

    second = Served(tmp_path, "-port", str(first.port))

    assert second.port == first.port
    assert second.close() == 0


@BOTH
def test_port_that_is_taken_is_told(refused, program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        told = refused(program, "--host", "127.0.0.1", "--port", port)

    expected = f"PortTaken: cannot listen at 127.0.0.1:{port}: address already in use"
    assert told.startswith(expected)


@BOTH
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--port", "65536"], "port 65536: choose 0 to 65535"),
        (["--port", "-1"], "port -1"),
        (["--host", "no such host"], "is no address to listen at"),
        (["--host", "203.0.113.7"], "cannot assign requested address"),
        (["--config", "missing.json"], "cannot read missing.json: No such file"),
        (["--config", "."], "cannot read ."),
    ],
)
def test_setting_that_makes_no_sense_is_told(refused, program, words, expected):
    assert expected in refused(program, *words)


@BOTH
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is no JSON: Expecting value: line 1 column 1"),
        ('[\n{"name": "a",}\n]', "is no JSON: Expecting property name"),
        ("5", "must have a list of proxies"),
        ([5], "proxy 1 must be an object"),
        ([{"name": "a"}], "missing required field: upstream at proxy 1"),
        ([{**PROXY, "upstraem": "x"}], "did you mean upstream?"),
        ([{**PROXY, "listen": 5}], "cannot unmarshal number into Go struct field"),
        ([PROXY, PROXY], "proxy web is there twice"),
        ([{**PROXY, "listen": "nowhere"}], "address nowhere: missing port in address"),
        ([{**PROXY, "toxics": [{"type": "latancy"}]}], "did you mean latency?"),
        ([{**PROXY, "toxics": [{"type": "noop", "strem": "x"}]}], "did you mean stream?"),
        (
            [{**PROXY, "toxics": [{"type": "latency", "attributes": {"latensy": 1}}]}],
            "did you mean latency?",
        ),
        ([{**PROXY, "toxics": [{"type": "slicer"}]}], "average_size"),
    ],
)
def test_config_file_with_a_mistake_is_told(refused, config, program, content, expected):
    path = config(content)

    told = refused(program, "--port", "0", "--config", path)

    assert expected in told


def test_privileged_port_of_a_config_file_is_told(refused, config):
    path = config([{**PROXY, "listen": "127.0.0.1:80"}])

    told = refused("script", "--port", "0", "--config", path, preexec_fn=without_privilege)

    assert "permission denied" in told


def test_script_takes_the_flags_of_toxiproxy(tmp_path):
    version = subprocess.run(
        [SCRIPT, "-version"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    unknown = subprocess.run(
        [SCRIPT, "-bogus"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    served = Served(tmp_path, "-seed", "5", "--proxy-metrics=false", "-runtime-metrics")

    metrics = served.ask("GET", "/metrics").text

    assert (version.returncode, version.stdout) == (0, "toxiproxy-server version 2.12.0\n")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("flag provided but not defined: -bogus\nUsage")
    assert "process_open_fds " in metrics
    assert "toxiproxy_proxy" not in metrics
    assert served.close() == 0


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_chaos_serves_where_it_says(tmp_path, words):
    serve = [
        CHAOS,
        "--no-version-check",
        "proxy",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
    ]
    process = subprocess.Popen(
        [*serve, *words],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )

    line = process.stdout.readline()
    url = json.loads(line)["url"] if words else line.split()[2]

    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE_S) as client:
        client.sendall(b"GET /version HTTP/1.0\r\n\r\n")
        assert b"2.12.0" in client.recv(4096)
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
