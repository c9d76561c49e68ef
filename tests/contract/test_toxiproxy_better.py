"""Where Toxiproxy crashes, freezes or does half of it, the same request is refused or just works."""

import socket

import pytest

from chaos_ext import world

from .serving import PATIENCE_S, Served

LATENCY = {"type": "latency", "attributes": {"latency": 100}}
STUCK = 100


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"), "-proxy-metrics")
    yield served
    assert served.close() == 0


@pytest.fixture
def proxy(api):
    """A proxy in front of somebody who accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * STUCK) as silent:
        upstream = f"127.0.0.1:{silent.getsockname()[1]}"
        said = {"name": "a", "listen": "127.0.0.1:0", "upstream": upstream}
        made = api.ask("POST", "/proxies", said)
        assert made.status == 201
        host, port = made.json["listen"].split(":")
        yield host, int(port)
        api.ask("DELETE", "/proxies/a")


def connections(api):
    return api.ask("GET", "/chaos/proxies").json["a"]["connections"]


def until_there_is_no_room(client):
    try:
        return client.send(bytes(1 << 16))
    except BlockingIOError:
        return 0


@pytest.mark.parametrize(
    ("toxic", "told"),
    [
        ({"type": "slicer"}, "average_size"),
        (
            {"type": "slicer", "attributes": {"average_size": 1, "size_variation": 2}},
            "size_var",
        ),
        ({"type": "slicer", "attributes": {"average_size": -1}}, "average_size"),
        ({"type": "bandwidth", "attributes": {"rate": -1}}, "rate"),
        ({"type": "latency", "attributes": {"jitter": 2**62}}, "jitter"),
    ],
)
def test_toxic_that_would_crash_toxiproxy_is_refused_with_a_clear_text(api, proxy, toxic, told):
    answer = api.ask("POST", "/proxies/a/toxics", toxic)

    assert answer.status == 400
    assert told in answer.json["error"]
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert api.ask("GET", "/proxies/a/toxics").json == []


def test_update_that_is_half_wrong_changes_nothing(api, proxy):
    api.ask("POST", "/proxies/a/toxics", LATENCY)
    before = api.ask("GET", "/proxies/a/toxics").json

    wrong = '{"toxicity": 0.5, "attributes": {"latency": 5, "jitter": "x"}}'
    answer = api.ask("PATCH", "/proxies/a/toxics/latency_downstream", wrong)

    assert answer.status == 400
    assert api.ask("GET", "/proxies/a/toxics").json == before
    out_of_range = {"attributes": {"latency": 5, "jitter": 2**62}}
    refused = api.ask("PATCH", "/proxies/a/toxics/latency_downstream", out_of_range)
    assert refused.status == 400
    assert api.ask("GET", "/proxies/a/toxics").json == before


def test_populate_makes_proxies_with_their_toxics(api):
    told = [{"type": "noop", "name": "n"}, {**LATENCY, "stream": "upstream", "toxicity": 0.5}]
    wanted = [{"name": "p", "listen": "127.0.0.1:0", "upstream": "h:1", "toxics": told}]

    answer = api.ask("POST", "/populate", wanted)

    api.ask("DELETE", "/proxies/p")
    assert answer.status == 201
    assert [
        (each["name"], each["toxicity"]) for each in answer.json["proxies"][0]["toxics"]
    ] == [
        ("latency_upstream", 0.5),
        ("n", 1),
    ]


def test_populate_leaves_the_toxics_of_a_proxy_that_is_there(api, proxy):
    api.ask("POST", "/proxies/a/toxics", LATENCY)
    there = api.ask("GET", "/proxies/a").json

    answer = api.ask("POST", "/populate", [{**there, "toxics": [{"type": "noop"}]}])

    assert answer.json == {"proxies": [there]}


@pytest.mark.parametrize(
    ("toxics", "status", "told"),
    [
        ([{"type": "latenci"}], 400, "invalid toxic type at proxy 1"),
        ([{"type": "noop"}, {"type": "noop"}], 409, "toxic already exists at proxy 1"),
        ([{"type": "slicer"}], 400, "average_size"),
        ({}, 400, "cannot unmarshal object into Go struct field .toxics"),
        ([5], 400, "cannot unmarshal number"),
    ],
)
def test_populate_with_a_wrong_toxic_makes_nothing(api, toxics, status, told):
    wanted = [{"name": "p", "listen": "127.0.0.1:0", "upstream": "h:1", "toxics": toxics}]

    answer = api.ask("POST", "/populate", wanted)

    assert answer.status == status
    assert told in answer.json["error"]
    assert answer.json["proxies"] is None
    assert api.ask("GET", "/proxies/p").status == 404


def test_reset_clears_every_toxic_though_one_proxy_cannot_start(api, proxy):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        said = {"name": "blocked", "listen": listen, "upstream": "h:1", "enabled": False}
        api.ask("POST", "/proxies", said)
        for name in ("a", "blocked"):
            api.ask("POST", f"/proxies/{name}/toxics", LATENCY)

        answer = api.ask("POST", "/reset")

        assert answer.status == 500
        assert answer.json["error"] == f"listen tcp {listen}: bind: address already in use"
    assert [api.ask("GET", f"/proxies/{each}/toxics").json for each in ("a", "blocked")] == [
        [],
        [],
    ]
    api.ask("DELETE", "/proxies/blocked")


def test_api_answers_while_clients_do_not_read(api, proxy):
    api.ask("POST", "/proxies/a/toxics", {**LATENCY, "stream": "upstream"})
    clients = [socket.create_connection(proxy, timeout=PATIENCE_S) for _ in range(STUCK)]
    assert world.wait_until(lambda: connections(api) == STUCK, PATIENCE_S)
    for client in clients:
        client.setblocking(False)
        while until_there_is_no_room(client):
            pass

    began_ns = world.monotonic_ns()
    codes = [
        api.ask("DELETE", "/proxies/a/toxics/latency_upstream").status,
        api.ask("GET", "/proxies").status,
        api.ask("POST", "/reset").status,
        api.ask("POST", "/chaos/proxies/a/reset").json,
    ]
    took_s = (world.monotonic_ns() - began_ns) / 1e9

    for client in clients:
        client.close()
    assert codes == [204, 200, 204, {"reset": STUCK}]
    assert took_s < 5, "Toxiproxy would not have answered after half a minute"


def test_connections_are_reset_only_from_the_addresses_that_are_named(api, proxy):
    near = socket.create_connection(proxy, PATIENCE_S, ("127.0.0.1", 0))
    far = socket.create_connection(proxy, PATIENCE_S, ("127.0.0.9", 0))
    assert world.wait_until(lambda: connections(api) == 2, PATIENCE_S)

    answer = api.ask("POST", "/chaos/proxies/a/reset", {"sources": ["127.0.0.9"]})

    with far, pytest.raises(ConnectionResetError):
        far.recv(1)
    near.setblocking(False)
    with near, pytest.raises(BlockingIOError):
        near.recv(1)
    assert answer.json == {"reset": 1}


def test_echo_meets_the_connection_that_was_announced_and_no_other(api, proxy):
    client = socket.socket()
    client.settimeout(PATIENCE_S)
    client.bind(("127.0.0.1", 0))
    announced = api.ask("POST", "/chaos/proxies/a/echo", {"from": list(client.getsockname())})

    with client:
        client.connect(proxy)
        client.sendall(b"hear me")
        heard = client.recv(7)

    assert announced.status == 204
    assert heard == b"hear me"


@pytest.mark.parametrize(
    "body", ["", "{}", '{"from": ["x", 1]}', '{"from": ["127.0.0.1", true]}']
)
def test_echo_for_nobody_is_refused(api, proxy, body):
    answer = api.ask("POST", "/chaos/proxies/a/echo", body)

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"


def test_bytes_of_a_connection_that_lives_are_counted(api, proxy):
    with socket.create_connection(proxy, timeout=PATIENCE_S) as client:
        client.sendall(b"12345")
        counted = world.wait_until(
            lambda: (
                api.ask("GET", "/chaos/proxies").json["a"]["received_bytes"]["upstream"] == 5
            ),
            PATIENCE_S,
        )
        metrics = api.ask("GET", "/metrics")

    line = next(each for each in metrics.text.splitlines() if 'direction="upstream"' in each)
    assert counted
    assert line.startswith(
        'toxiproxy_proxy_received_bytes_total{direction="upstream",listener="'
    )
    assert line.endswith("} 5")
