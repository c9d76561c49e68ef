"""One connection of the API: requests in order, limits of time, and nothing held up by a slow client."""

import pytest

from chaos_ext.proxy.api import http
from chaos_ext.proxy.api.answers import plain

from ..fakes import until
from ..wires import rigged

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


def test_request_in_pieces_is_answered_once_it_is_whole():
    async def scene(rig):
        await rig.hear(*(bytes([each]) for each in GET[:-1]))
        assert rig.application.asked == []
        await rig.hear(GET[-1:])

    rig = rigged(scene)

    assert [each.target for each in rig.application.asked] == ["/a"]
    assert rig.wire.sent.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: ")
    assert rig.wire.sent.endswith(b"\r\nContent-Length: 2\r\n\r\n/a")
    assert "close" not in rig.wire.did


def test_requests_that_come_at_once_are_answered_one_after_the_other():
    async def scene(rig):
        rig.application.go.clear()
        await rig.hear(GET + GET.replace(b"/a", b"/b"), GET.replace(b"/a", b"/c"))
        assert [each.target for each in rig.application.asked] == ["/a"]
        assert rig.wire.did == ["pause_reading"]
        rig.application.go.set()
        await rig.settled()
        await rig.settled()

    rig = rigged(scene)

    assert [each.target for each in rig.application.asked] == ["/a", "/b", "/c"]
    assert rig.statuses == ["200"] * 3
    assert rig.wire.did[-1] == "resume_reading"


def test_answer_is_finished_though_the_client_has_gone():
    async def scene(rig):
        rig.application.go.clear()
        await rig.hear(GET)
        rig.connection.connection_lost(None)
        rig.application.go.set()
        await rig.settled()

    rig = rigged(scene)

    assert len(rig.application.asked) == 1
    assert rig.wire.sent == b""
    assert rig.server.open == set()


def test_accident_is_answered_and_the_connection_goes_on(caplog):
    async def scene(rig):
        await rig.hear(GET.replace(b"/a", b"/breaks"), GET)

    rig = rigged(scene)

    assert rig.statuses == ["500", "200"]
    assert "on purpose" in caplog.text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", "400"),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * http.HEADERS_MAX, "431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n", "417"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
            + b" " * (http.BODY_MAX + 1),
            "413",
        ),
    ],
)
def test_nonsense_is_refused_and_the_connection_ends(sent, status):
    async def scene(rig):
        await rig.hear(sent, GET)

    rig = rigged(scene)

    assert rig.statuses == [status]
    assert rig.application.asked == []
    assert "write_eof" in rig.wire.did


def test_body_is_asked_for_only_where_it_is_read():
    async def wanted(rig):
        await rig.hear(
            b"POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        )
        assert rig.statuses == ["100"]
        await rig.hear(b"ok")

    async def unwanted(rig):
        await rig.hear(
            b"POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        )

    read, ignored = rigged(wanted), rigged(unwanted)

    assert read.statuses == ["100", "200"]
    assert read.application.asked[0].body == b"ok"
    assert ignored.statuses == ["200"]
    assert b"\r\nConnection: close\r\n" in ignored.wire.sent


@pytest.mark.parametrize(
    ("body", "ending"),
    [(b"zz\r\n", "invalid byte in chunk length"), (b"4\r\nab", "")],
)
def test_body_that_breaks_off_is_handed_on_with_the_reason(body, ending):
    async def scene(rig):
        await rig.hear(
            b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", body
        )
        rig.connection.eof_received()
        await rig.settled()

    rig = rigged(scene)

    assert rig.application.asked[0].ending == (ending or "unexpected EOF")


def test_client_that_sends_no_whole_request_is_closed(monkeypatch):
    monkeypatch.setattr(http, "READ_S", 0.001)

    async def scene(rig):
        await rig.hear(GET[:-2])
        await until(lambda: "close" in rig.wire.did)

    rig = rigged(scene)

    assert rig.wire.sent == b""


def test_client_that_asks_nothing_more_is_closed_later_than_a_slow_one(monkeypatch):
    monkeypatch.setattr(http, "IDLE_S", 0.001)

    async def scene(rig):
        await rig.hear(GET)
        await until(lambda: "close" in rig.wire.did)

    rig = rigged(scene)

    assert rig.statuses == ["200"]
    assert http.READ_S == 15.0


def test_client_that_does_not_read_is_given_up(monkeypatch):
    monkeypatch.setattr(http, "WRITE_S", 0.001)

    async def scene(rig):
        rig.connection.pause_writing()
        await rig.hear(GET)
        assert rig.application.asked == []
        await until(lambda: "abort" in rig.wire.did)

    rig = rigged(scene)

    assert rig.wire.sent == b""


def test_client_that_reads_again_is_answered():
    async def scene(rig):
        rig.connection.pause_writing()
        await rig.hear(GET)
        rig.connection.resume_writing()
        await rig.settled()

    rig = rigged(scene)

    assert rig.statuses == ["200"]


def test_head_has_the_length_and_no_body():
    async def scene(rig):
        await rig.hear(GET.replace(b"GET", b"HEAD"))

    rig = rigged(scene)

    assert rig.wire.sent.endswith(b"Content-Length: 2\r\n\r\n")


def test_refusals_of_size_are_plain_text():
    assert plain(413, "x").status == http.TOO_LARGE.status
