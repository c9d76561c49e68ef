"""Nobody brings the proxy down: requests that are right, nearly right and nonsense, and any bytes.

A few hundred examples each; `CHAOS_FUZZ_EXAMPLES=100000` for the long run.
"""

import json
import os
import re
import socket
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .serving import PATIENCE_S, Served

EXAMPLES = int(os.environ.get("CHAOS_FUZZ_EXAMPLES", "250"))
FUZZED = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(max(180, EXAMPLES // 10))
# 500 is Toxiproxy's word for an address that cannot be listened at, and it is nobody else's
LISTEN_FAILED = re.compile(
    r"^(listen tcp|address |lookup |missing |unknown port|lease .* not undone)"
)

NAMES = st.sampled_from(["a", "b", "c", "", "a/b", "ü", "..", "%", "a\nb"])
TYPES = st.sampled_from(
    [
        "latency",
        "bandwidth",
        "slow_close",
        "timeout",
        "reset_peer",
        "slicer",
        "limit_data",
        "noop",
        "down",
        "stall",
    ]
)
KEYS = st.sampled_from(
    [
        "name",
        "type",
        "stream",
        "toxicity",
        "attributes",
        "listen",
        "upstream",
        "enabled",
        "toxics",
        "latency",
        "jitter",
        "rate",
        "delay",
        "timeout",
        "average_size",
        "size_variation",
        "bytes",
        "proxy",
        "do",
        "for_s",
        "faults",
        "owner",
        "sources",
        "up_ms",
        "NAME",
    ]
)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 2**31, 2**62, 2**63, -(2**63), 10**30, 0.5, 1e-9, 1e300]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    NAMES,
    TYPES,
    st.sampled_from(
        ["upstream", "downstream", "both", "toxic", "flap", "proxy", "127.0.0.1:0"]
    ),
    st.text(max_size=8),
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
ATTRIBUTES = st.dictionaries(KEYS, NUMBERS, max_size=4)
TOXICS = st.fixed_dictionaries(
    {"type": TYPES},
    optional={
        "name": NAMES,
        "stream": st.sampled_from(["upstream", "downstream", "UPSTREAM", "both"]),
        "toxicity": NUMBERS,
        "attributes": ATTRIBUTES,
    },
)
PROXIES = st.fixed_dictionaries(
    {"name": NAMES, "upstream": st.sampled_from(["127.0.0.1:1", "x", "", "[::1]:1"])},
    optional={
        "listen": st.sampled_from(["127.0.0.1:0", "x", "127.0.0.1:99999", "[", "localhost:0"]),
        "enabled": st.booleans(),
        "toxics": st.lists(TOXICS, max_size=2),
    },
)
FAULTS = st.fixed_dictionaries(
    {"proxy": st.sampled_from(["a", "b"]), "do": st.sampled_from(["toxic", "down", "flap"])},
    optional={
        "type": TYPES,
        "stream": st.sampled_from(["upstream", "downstream", "both"]),
        "attributes": ATTRIBUTES,
        "up_ms": NUMBERS,
        "down_ms": NUMBERS,
    },
)
LEASES = st.fixed_dictionaries(
    {"for_s": st.sampled_from([0, 0.01, 5]), "faults": st.lists(FAULTS, max_size=3)}
)
BODIES = st.one_of(
    TOXICS, PROXIES, st.lists(PROXIES, max_size=3), LEASES, ATTRIBUTES, ANYTHING
).map(json.dumps)
SPOILT = st.tuples(BODIES, st.integers(0, 400), st.binary(max_size=3)).map(
    lambda each: each[0].encode()[: each[1]] + each[2] + each[0].encode()[each[1] + 1 :]
)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD", "get"])
PARTS = st.one_of(
    st.sampled_from(
        ["proxies", "toxics", "chaos", "leases", "reset", "echo", "renew", "populate"]
    ),
    st.sampled_from(["version", "metrics", "latency_downstream", "", ".", "..", "a", "b"]),
    NAMES,
)
PATHS = st.lists(PARTS, max_size=5).map(
    lambda parts: "/" + "/".join(quote(each, safe="") for each in parts)
)
USUAL = st.sampled_from(
    [
        "/proxies",
        "/proxies/a",
        "/proxies/a/toxics",
        "/populate",
        "/reset",
        "/chaos/leases/l",
        "/chaos/leases/l/renew",
        "/proxies/a/toxics/latency_downstream",
        "/chaos/proxies/a/reset",
    ]
)
REQUESTS = st.tuples(
    METHODS, st.one_of(USUAL, PATHS), st.one_of(BODIES.map(str.encode), SPOILT)
)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"), "-proxy-metrics")
    yield served
    assert served.close() == 0
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def echoing(api):
    """A proxy `echo`, in front of another one that answers with our own echo."""
    api.ask("POST", "/proxies", {"name": "echo", "listen": "127.0.0.1:0", "upstream": "h:1"})
    host, port = api.ask("GET", "/proxies/echo").json["listen"].split(":")
    return host, int(port)


def answers_of(api, data):
    """The status lines and everything else that came back for *data*."""
    with socket.create_connection((api.host, api.port), timeout=PATIENCE_S) as client:
        with suppress(OSError):  # it may have refused already
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        got = b""
        with suppress(ConnectionResetError):
            while more := client.recv(65536):
                got += more
    return got


def still_serves(api):
    return api.process.poll() is None and api.ask("GET", "/version").status == 200


@FUZZED
@given(requests=st.lists(REQUESTS, min_size=1, max_size=4))
def test_api_never_fails_whatever_is_asked(api, requests):
    for method, path, body in requests:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        got = answers_of(api, f"{head}Connection: close\r\n\r\n".encode() + body)

        status = re.match(rb"HTTP/1.1 (\d+) ", got)
        assert status, got
        if int(status[1]) >= 500:
            told = json.loads(got.partition(b"\r\n\r\n")[2])["error"]
            assert LISTEN_FAILED.match(told), told
    assert still_serves(api)


@FUZZED
@given(data=st.binary(max_size=300), pieces=st.integers(1, 5))
def test_api_survives_any_bytes(api, data, pieces):
    opening = b"POST /proxies HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    for begin in (b"", b"GET /", opening, opening + b"4\r\n"):
        got = answers_of(api, begin + data * pieces)
        assert not re.search(rb"^HTTP/1.1 50[0-46-9]", got.replace(b"HTTP/1.1 501 ", b"")), got

    assert still_serves(api)


@FUZZED
@given(
    toxics=st.lists(TOXICS, min_size=1, max_size=3), data=st.binary(min_size=1, max_size=2000)
)
def test_bytes_through_any_toxics_arrive_in_order_or_not_at_all(api, echoing, toxics, data):
    for number, toxic in enumerate(toxics):
        if toxic["type"] != "latency":  # one that is accepted would make the test last as long
            api.ask("POST", "/proxies/echo/toxics", {**toxic, "name": f"t{number}"})

    with socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(PATIENCE_S)
        announced = api.ask(
            "POST", "/chaos/proxies/echo/echo", {"from": list(client.getsockname())}
        )
        client.connect(echoing)
        with suppress(ConnectionError, TimeoutError):
            client.sendall(data)
        api.ask("POST", "/reset")  # what was held passes
        api.ask("POST", "/chaos/proxies/echo/reset", {"sources": ["127.0.0.7"]})
        got = b""
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)
            while more := client.recv(65536):
                got += more

    assert announced.status == 204
    assert data.startswith(got)
    assert still_serves(api)
