"""Every answer of a proxy server is an answer or an error, and no question waits for ever."""

import httpx
import pytest

from chaos_ext.errors import BadArgument, TargetUnreachable
from chaos_ext.network import client
from chaos_ext.network.client import Server

URL = "http://127.0.0.1:8474/"


@pytest.fixture
def answering(monkeypatch):
    """Have every server answer as the test says; what was asked is kept."""
    asked = []

    def begin(answer):
        def handle(request):
            asked.append(request)
            if isinstance(answer, Exception):
                raise answer
            return answer

        def made(url):
            return httpx.Client(base_url=url, transport=httpx.MockTransport(handle))

        monkeypatch.setattr(client, "_client", made)
        return Server(URL)

    begin.asked = asked
    return begin


def test_server_answers_with_what_the_body_says(answering):
    server = answering(httpx.Response(200, json={"enabled": True}))

    told = server.ask("POST", "/proxies/a", {"enabled": True})

    (request,) = answering.asked
    assert told == {"enabled": True}
    assert (request.method, str(request.url)) == ("POST", "http://127.0.0.1:8474/proxies/a")
    assert request.content == b'{"enabled":true}'


def test_server_answers_nothing_when_there_is_no_body(answering):
    server = answering(httpx.Response(204))

    assert server.ask("DELETE", "/chaos/leases/x") is None


@pytest.mark.parametrize(
    ("status", "body", "error", "told"),
    [
        (400, b'{"error":"bad\\n request","status":400}', BadArgument, "400: bad request"),
        (404, b'{"error":"proxy not found"}', BadArgument, "404: proxy not found"),
        (409, b"[]", BadArgument, r"409: \[\]"),
        (500, b'{"error":"listen tcp: in use"}', TargetUnreachable, "500: listen tcp: in use"),
        (503, b"", TargetUnreachable, "503: no reason given"),
        (302, b"gone", TargetUnreachable, "302: gone"),
    ],
)
def test_server_refuses_in_one_line_with_its_own_words(answering, status, body, error, told):
    server = answering(httpx.Response(status, content=body))

    with pytest.raises(error, match=f"8474: GET /proxies was answered {told}") as refused:
        server.ask("GET", "/proxies")

    assert "\n" not in str(refused.value)


def test_server_knows_nothing_there_when_it_answers_404(answering):
    server = answering(httpx.Response(404, json={"error": "no lease"}))

    assert server.find("GET", "/chaos/leases/x") is None
    assert not server.is_ours()


def test_server_that_finds_is_asked_like_any_other(answering):
    server = answering(httpx.Response(500))

    with pytest.raises(TargetUnreachable):
        server.find("GET", "/chaos/leases/x")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx.ConnectError("refused"), "refused; is the proxy running"),
        (httpx.ReadTimeout("slow"), "took longer than allowed .*; is the proxy stuck"),
        (httpx.RemoteProtocolError("no HTTP"), "no HTTP; is the proxy running"),
    ],
)
def test_server_is_unreachable_when_it_gives_no_answer(answering, error, told):
    server = answering(error)

    with pytest.raises(TargetUnreachable, match=f"8474: GET /version:? {told}"):
        server.ask("GET", "/version")


def test_client_has_a_limit_on_every_wait_and_keeps_no_connection():
    made = client._client("http://127.0.0.1:1")

    assert made.timeout == httpx.Timeout(1.0, connect=0.5)
    assert made._transport._pool._max_keepalive_connections == 0
    assert not made.trust_env


def test_client_has_one_a_server():
    first, again = client._client("http://127.0.0.1:1"), client._client("http://127.0.0.1:1")

    other = client._client("http://127.0.0.1:2")

    assert first is again
    assert other.base_url != first.base_url


def test_segment_is_one_whatever_is_in_the_name():
    assert client.segment("a/b c?") == "a%2Fb%20c%3F"
