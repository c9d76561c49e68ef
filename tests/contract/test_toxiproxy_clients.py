"""Published clients of Toxiproxy work with our server and cannot tell the difference."""

import os
import re
import socket
import subprocess
import threading

import pytest
import toxiproxy
import toxiproxy.exceptions as problems

from chaos_ext import world

from .serving import NO_REAL, PATIENCE_S, REAL, Served

CLI = os.environ.get("CHAOS_TOXIPROXY_CLI", "")
NO_CLI = "no CHAOS_TOXIPROXY_CLI: name a toxiproxy-cli 2.12.0 to try"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"))
    yield served
    assert served.close() == 0


@pytest.fixture
def client(api):
    """The published Python client, which knows one server per process."""
    made = toxiproxy.Toxiproxy()
    made.update_api_consumer(api.host, api.port)
    made.destroy_all()
    return made


@pytest.fixture
def echo():
    """Address of a server that says back what it hears."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                while data := peer.recv(65536):
                    peer.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    yield "{}:{}".format(*listener.getsockname())
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def round_trip_s(proxy):
    host, port = proxy.listen.split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as peer:
        began_ns = world.monotonic_ns()
        peer.sendall(b"ping")
        assert peer.recv(4) == b"ping"
        return (world.monotonic_ns() - began_ns) / 1e9


def test_python_client_creates_finds_and_destroys_proxies(client, echo):
    made = client.create(name="web", upstream=echo)

    assert client.running()
    assert client.version() == b'{"version": "2.12.0"}\n'
    assert client.get_proxy("web").listen == made.listen
    assert round_trip_s(made) < PATIENCE_S
    with pytest.raises(problems.ProxyExists):
        client.create(name="web", upstream=echo)
    assert client.destroy(made)
    assert client.proxies() == {}


def test_python_client_adds_toxics_that_work_and_removes_them(client, echo):
    proxy = client.create(name="web", upstream=echo)

    proxy.add_toxic(type="latency", attributes={"latency": 120})

    assert round_trip_s(proxy) >= 0.12
    assert proxy.get_toxic("latency_downstream").attributes == {"latency": 120, "jitter": 0}
    proxy.destroy_toxic("latency_downstream")
    assert proxy.toxics() == {}
    with pytest.raises(problems.NotFound):
        proxy.destroy_toxic("latency_downstream")
    with pytest.raises(problems.InvalidToxic):
        proxy.add_toxic(type="nonsense")


def test_python_client_takes_a_proxy_down_and_up_again(client, echo):
    proxy = client.create(name="web", upstream=echo)

    with proxy.down(), pytest.raises(ConnectionRefusedError):
        round_trip_s(proxy)

    assert round_trip_s(proxy) < PATIENCE_S


def test_python_client_populates_and_resets(client, echo):
    wanted = [{"name": each, "upstream": echo, "listen": "127.0.0.1:0"} for each in ("a", "b")]
    populated = client.populate(wanted)
    populated[0].add_toxic(type="timeout", attributes={"timeout": 1})
    populated[1].disable()

    assert client.reset()

    assert sorted(client.proxies()) == ["a", "b"]
    assert all(each.enabled and not each.toxics() for each in client.proxies().values())


def told_by_cli(api):
    """What toxiproxy-cli prints for everything it can do, without ports and colours."""

    def run(*words):
        told = subprocess.run(
            [CLI, "--host", api.url, *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        text = re.sub(r"\x1b\[[0-9;]*m", "", told.stdout + told.stderr)
        return told.returncode, re.sub(r"127\.0\.0\.1:\d+", "HERE", text)

    add = ("toxic", "add", "-t", "latency", "-a", "latency=100", "-a", "jitter=5")
    return [
        run("list"),
        run("create", "-l", "127.0.0.1:0", "-u", "127.0.0.1:1", "web"),
        run("create", "-l", "127.0.0.1:0", "-u", "127.0.0.1:1", "web"),
        run("list"),
        run(*add, "--tox", "0.5", "web"),
        run(*add, "-u", "-n", "up", "web"),
        run(*add, "-n", "up", "web"),
        run("toxic", "add", "-t", "nonsense", "web"),
        run("inspect", "web"),
        run("toxic", "update", "-n", "up", "-a", "latency=7", "--tox", "1", "web"),
        run("inspect", "web"),
        run("toxic", "remove", "-n", "up", "web"),
        run("toxic", "remove", "-n", "up", "web"),
        run("toggle", "web"),
        run("list"),
        run("toggle", "web"),
        run("delete", "web"),
        run("delete", "web"),
        run("inspect", "web"),
    ]


@pytest.mark.skipif(not CLI, reason=NO_CLI)
def test_go_client_does_everything_it_can(api, client):
    told = told_by_cli(api)

    codes = [code for code, _ in told]
    texts = "\n".join(text for _, text in told)
    assert codes.count(0) == 13
    assert "Added upstream latency toxic 'up' on proxy 'web'" in texts
    assert "toxic already exists" in texts
    assert "invalid toxic type" in texts
    assert client.proxies() == {}


@pytest.mark.skipif(not CLI, reason=NO_CLI)
@pytest.mark.skipif(not REAL, reason=NO_REAL)
def test_go_client_says_the_same_of_both_servers(api, client, tmp_path):
    real = Served(tmp_path, real=True)

    ours, theirs = told_by_cli(api), told_by_cli(real)

    real.close()
    assert client.proxies() == {}
    assert ours == theirs
