"""HTTP/1.1 for the API: what Go's server accepts and refuses, with its limits of time and size.

A connection has one request in hand; the next ones wait in its buffer. No client can hold more
than its own connection up.
"""

from __future__ import annotations

import asyncio
import logging
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import h11

from chaos_ext import world
from chaos_ext.proxy.api.answers import Answer, Request, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.proxy.api.server import Server

READ_S = 15.0  # a request must be whole after this, as with Toxiproxy
IDLE_S = 60.0  # between two requests of a connection
WRITE_S = 30.0  # until a client has taken its answer
LINGER_S = 0.5  # for a client that still sends to read why we will not listen
BODY_MAX = 1 << 20  # bytes; hundreds of proxies in one request
HEADERS_MAX = 1 << 16  # bytes
BODY_BREAKS = {"peer closed": "unexpected EOF", "illegal chunk": "invalid byte in chunk length"}
TOO_LARGE = plain(413, f"a body has at most {BODY_MAX} bytes")
NOT_EXPECTED = Answer(417)
FAILED = plain(500, "the request failed; the server's log says why")
logger = logging.getLogger("chaos_ext.proxy")


class Connection(asyncio.Protocol):
    """One client of the API."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADERS_MAX)
        self._transport: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._busy = self._idle = self._full = self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there; its first request is due."""
        self._transport = cast("asyncio.Transport", transport)
        self._server.open.add(self)
        self._within(READ_S, self.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; what it asked for goes on."""
        del exc
        self._server.open.discard(self)
        self._transport = None
        self._within(0, None)

    def close(self) -> None:
        """Close at once; what was written is still sent."""
        if self._transport:
            self._transport.close()

    def pause_writing(self) -> None:
        """The client does not read: it has some time, then it is given up."""
        self._full = True
        if self._transport:
            self._within(WRITE_S, self._transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._full = False
        if not (self._busy or self._closing):
            self._next()

    def eof_received(self) -> bool:
        """No more requests will come; the answers are still wanted."""
        if self._closing:
            return False
        self._http.receive_data(b"")
        if not self._busy:
            self._read()
        return True

    def data_received(self, data: bytes) -> None:
        """Bytes of this request, or of one after it."""
        if self._closing or self._transport is None:
            return
        if self._idle:
            self._idle = False
            self._within(READ_S, self.close)
        self._http.receive_data(data)
        if self._busy or self._full:
            self._transport.pause_reading()
        else:
            self._read()

    def _read(self) -> None:
        """Take what has come until a request is whole."""
        try:
            while not (self._busy or self._closing):
                event = self._http.next_event()
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > BODY_MAX:
                        self._send(TOO_LARGE)
                elif isinstance(event, h11.EndOfMessage):
                    self._dispatch()
                elif isinstance(event, h11.ConnectionClosed):
                    self.close()
                    return
                else:
                    return
        except h11.RemoteProtocolError as error:
            self._malformed(error)

    def _begin(self, request: h11.Request) -> None:
        self._request, self._body = request, bytearray()
        if not request.http_version.startswith(b"1."):
            self._refuse("505 HTTP Version Not Supported: unsupported protocol version")
            return
        expected = dict(request.headers).get(b"expect", b"")
        if expected and expected.lower() != b"100-continue":
            self._send(NOT_EXPECTED)
        elif expected and self._http.they_are_waiting_for_100_continue:
            if self._server.application.reads_body(*_method_and_target(request)):
                self._write(
                    h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
                )
            else:
                self._dispatch()

    def _malformed(self, error: h11.RemoteProtocolError) -> None:
        why = str(error).lower()
        if self._request:
            told = (text for begin, text in BODY_BREAKS.items() if why.startswith(begin))
            self._dispatch(next(told, "malformed chunked encoding"))
        elif error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse("431 Request Header Fields Too Large")
        elif error.error_status_hint == HTTPStatus.NOT_IMPLEMENTED:
            self._refuse("501 Not Implemented", "Unsupported transfer encoding")
        elif why.startswith("missing mandatory host"):
            self._refuse("400 Bad Request: missing required Host header")
        else:
            self._refuse("400 Bad Request")

    def _dispatch(self, ending: str = "") -> None:
        assert self._request is not None
        self._busy, self._idle = True, False
        self._within(0, None)
        method, target = _method_and_target(self._request)
        agent = dict(self._request.headers).get(b"user-agent", b"").decode("latin-1")
        request = Request(method, target, agent, bytes(self._body), ending)
        self._server.run(self._answered(request))

    async def _answered(self, request: Request) -> None:
        try:
            answer = await self._server.application.answer(request)
        except Exception:
            logger.exception("%s %s", request.method, request.target)
            answer = FAILED
        self._busy = False
        self._send(answer)
        self._request = None
        if self._transport and not self._closing and not self._full:
            self._next()

    def _next(self) -> None:
        """Wait for the next request, or take the one that waits already."""
        assert self._transport is not None
        self._idle = True
        self._within(IDLE_S, self.close)
        self._transport.resume_reading()
        self._read()

    def _send(self, answer: Answer) -> None:
        headers = [*([("Content-Type", answer.type)] if answer.type else []), *answer.headers]
        headers = [*sorted(headers), ("Date", format_datetime(world.utc_now(), usegmt=True))]
        if self._http.their_state in (h11.SEND_BODY, h11.ERROR):
            headers.append(("Connection", "close"))
        if answer.status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(answer.body))))
        reason = HTTPStatus(answer.status).phrase
        asked_for_head = self._request is not None and self._request.method == b"HEAD"
        self._write(
            h11.Response(status_code=answer.status, headers=headers, reason=reason),
            *([] if asked_for_head else [h11.Data(data=answer.body)]),
            h11.EndOfMessage(),
        )
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self._linger()

    def _refuse(self, line: str, body: str = "") -> None:
        """Refuse what is no request, with what Go's server says."""
        if self._transport:
            head = f"HTTP/1.1 {line}\r\nContent-Type: {plain(400, '').type}\r\nConnection: close\r\n\r\n"
            self._transport.write(f"{head}{body or line}".encode())
        self._linger()

    def _linger(self) -> None:
        """Say that this was all; a close with unread bytes would take the answer back."""
        self._closing = True
        if self._transport and not self._transport.is_closing():
            if self._transport.can_write_eof():
                self._transport.write_eof()
            self._transport.resume_reading()
            self._within(LINGER_S, self.close)

    def _write(self, *events: h11.Event) -> None:
        data = b"".join(self._http.send(each) or b"" for each in events)
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def _within(self, seconds: float, otherwise: Callable[[], None] | None) -> None:
        """Call *otherwise* unless something else is due in the meantime."""
        if self._limit:
            self._limit.cancel()
        loop = asyncio.get_running_loop()
        self._limit = loop.call_later(seconds, otherwise) if otherwise else None


def _method_and_target(request: h11.Request) -> tuple[str, str]:
    return request.method.decode("latin-1"), request.target.decode("latin-1")
