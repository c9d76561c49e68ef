"""HTTP itself: what Go's server does with requests that are odd, slow, large, or none at all."""

import re
import socket

import pytest

from .serving import NO_REAL, PATIENCE_S, REAL, Served

H = "Host: x\r\n"
VERSION = f"GET /version HTTP/1.1\r\n{H}\r\n"
CREATE = f"POST /proxies HTTP/1.1\r\n{H}"
NO_NAME = '{"error":"missing required field: name","status":400}\n'
# what is sent, the first line of the answer, its body, whether the connection stays open
REQUESTS = {
    "keep alive": (VERSION * 2, "200 OK", '{"version": "2.12.0"}\n', True),
    "old": ("GET /version HTTP/1.0\r\n\r\n", "200 OK", '{"version": "2.12.0"}\n', False),
    "close": (f"GET /version HTTP/1.1\r\n{H}Connection: close\r\n\r\n", "200 OK", None, False),
    "bare newlines": ("GET /version HTTP/1.1\nHost: x\n\n", "200 OK", None, True),
    "absolute": (f"GET http://a/version HTTP/1.1\r\n{H}\r\n", "200 OK", None, True),
    "options": (f"OPTIONS * HTTP/1.1\r\n{H}\r\n", "200 OK", "", True),
    "head": (f"HEAD /version HTTP/1.1\r\n{H}\r\n", "405 Method Not Allowed", "", True),
    "garbage": ("GARBAGE\r\n\r\n", "400 Bad Request", "400 Bad Request", False),
    "no version": ("GET /version\r\n\r\n", "400 Bad Request", "400 Bad Request", False),
    "two spaces": (f"GET  / HTTP/1.1\r\n{H}\r\n", "400 Bad Request", "400 Bad Request", False),
    "bad escape": (
        f"GET /%zz HTTP/1.1\r\n{H}\r\n",
        "400 Bad Request",
        "400 Bad Request",
        False,
    ),
    "nul": (f"GET /a\x00b HTTP/1.1\r\n{H}\r\n", "400 Bad Request", "400 Bad Request", False),
    "bad header": (f"GET / HTTP/1.1\r\n{H}Bad Header\r\n\r\n", "400 Bad Request", None, False),
    "two hosts": (f"GET / HTTP/1.1\r\n{H}{H}\r\n", "400 Bad Request", None, False),
    "no host": (
        "GET /version HTTP/1.1\r\n\r\n",
        "400 Bad Request: missing required Host header",
        "400 Bad Request: missing required Host header",
        False,
    ),
    "http 2": (
        f"GET /version HTTP/2.0\r\n{H}\r\n",
        "505 HTTP Version Not Supported: unsupported protocol version",
        "505 HTTP Version Not Supported: unsupported protocol version",
        False,
    ),
    "unknown encoding": (
        f"GET /version HTTP/1.1\r\n{H}Transfer-Encoding: gzip\r\n\r\n",
        "501 Not Implemented",
        "Unsupported transfer encoding",
        False,
    ),
    "large headers": (
        f"GET /version HTTP/1.1\r\n{H}X: {'a' * 2_000_000}\r\n\r\n",
        "431 Request Header Fields Too Large",
        "431 Request Header Fields Too Large",
        False,
    ),
    "bad length": (f"{CREATE}Content-Length: x\r\n\r\n", "400 Bad Request", None, False),
    "no body": (
        f"{CREATE}\r\n",
        "400 Bad Request",
        '{"error":"bad request body: EOF","status":400}\n',
        True,
    ),
    "chunks": (
        f"{CREATE}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n",
        "400 Bad Request",
        NO_NAME,
        True,
    ),
    "bad chunk": (
        f"{CREATE}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n",
        "400 Bad Request",
        '{"error":"bad request body: invalid byte in chunk length","status":400}\n',
        False,
    ),
    "wants to be told": (
        f"{CREATE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "100 Continue",
        "",
        True,
    ),
    "wants something else": (
        f"{CREATE}Expect: frob\r\nContent-Length: 2\r\n\r\n{{}}",
        "417 Expectation Failed",
        "",
        False,
    ),
}


@pytest.fixture(scope="module", params=["ours", "real"])
def server(request, tmp_path_factory):
    real = request.param == "real"
    if real and not REAL:
        pytest.skip(NO_REAL)
    served = Served(tmp_path_factory.mktemp("api"), real=real)
    yield served
    served.close()


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"))
    yield served
    assert served.close() == 0


@pytest.mark.parametrize("name", REQUESTS)
def test_server_answers_as_go_does(server, name):
    sent, first, body, stays_open = REQUESTS[name]

    got, is_open = server.raw(sent.encode("latin-1"))

    head, _, rest = got.decode("latin-1").rpartition("\r\n\r\n")
    assert re.sub(r"^HTTP/1\.[01] ", "", head.splitlines()[0]) == first
    assert body is None or rest.replace('"git"', '"2.12.0"') == body
    assert is_open == stays_open
    assert head.count("HTTP/1.1 200") == 2 or name != "keep alive"


def test_header_names_are_written_as_go_writes_them(ours):
    got, _ = ours.raw(VERSION.encode())

    names = [
        line.split(b":")[0].decode() for line in got.split(b"\r\n\r\n")[0].splitlines()[1:]
    ]
    assert names == ["Content-Type", "X-Toxiproxy-Request-Id", "Date", "Content-Length"]


def test_request_ids_are_twenty_letters_and_never_the_same(ours):
    given = {ours.ask("GET", "/version").headers["X-Toxiproxy-Request-Id"] for _ in range(50)}

    assert len(given) == 50
    assert all(re.fullmatch(r"[0-9a-v]{20}", each) for each in given)


def test_body_that_is_too_large_is_refused_before_it_is_read(ours):
    sent = f"{CREATE}Content-Length: 100000000\r\n\r\n" + " " * 1_100_000

    got, _ = ours.raw(sent.encode())

    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"at most 1048576 bytes" in got


def test_body_that_breaks_off_is_told_as_go_tells_it(ours):
    with socket.create_connection((ours.host, ours.port), timeout=PATIENCE_S) as client:
        client.sendall(f'{CREATE}Content-Length: 50\r\n\r\n{{"na'.encode())
        client.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: client.recv(65536), b""))

    assert b'{"error":"bad request body: unexpected EOF","status":400}' in got


def test_unwanted_body_is_not_asked_for(ours):
    sent = f"POST /nope HTTP/1.1\r\n{H}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"

    got, _ = ours.raw(sent.encode())

    assert got.startswith(b"HTTP/1.1 404 ")
    assert b"\r\nConnection: close\r\n" in got
    assert b"100 Continue" not in got


def test_requests_that_come_at_once_are_answered_in_order(ours):
    create = '{"name":"piped","upstream":"h:1","enabled":false}'
    sent = (
        f"{CREATE}Content-Length: {len(create)}\r\n\r\n{create}"
        f"GET /proxies/piped HTTP/1.1\r\n{H}\r\n"
        f"DELETE /proxies/piped HTTP/1.1\r\n{H}\r\n"
        f"GET /proxies/piped HTTP/1.1\r\n{H}\r\n"
    )

    got, _ = ours.raw(sent.encode())

    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"201", b"200", b"204", b"404"]
