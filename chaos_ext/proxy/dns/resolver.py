"""A resolver for the names of a lab, over UDP and TCP, that can fail, be late or lie for a lease.

It knows the table it was given and nothing else; other names do not exist, unless it was told in
so many words to ask somebody else for them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import dns.asyncquery
import dns.exception
import dns.message

from chaos_ext.errors import BadArgument, PortTaken
from chaos_ext.proxy.dns import names as naming
from chaos_ext.proxy.dns.names import Held

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping

FORWARD_S_MAX = 2.0
IDLE_S_MAX = 30.0  # of a connection that asks nothing
WAITING_MAX = 10_000  # answers that wait; whoever asks more is not answered
PORT_MAX = 65_535
Address = tuple[str, int]


class Resolver:
    """Answers at *listen* for the names of *records*; asks *upstream* for others, if there is one."""

    def __init__(
        self, name: str, listen: str, records: Mapping[str, str], upstream: str = ""
    ) -> None:
        """*listen* and *upstream* are `address:port`."""
        self.name = name
        self.records = {naming.plain(each): at for each, at in records.items()}
        self.held: dict[str, list[Held]] = {}  # by lease
        self.address = _address(listen)
        self._upstream = _address(upstream) if upstream else None
        self._waiting: set[asyncio.Task[None]] = set()
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Answer from now on; PortTaken when somebody else does."""
        loop = asyncio.get_running_loop()
        stream, datagram = _bound(*self.address)
        self.address = stream.getsockname()
        self._server = await asyncio.start_server(self._converse, sock=stream)
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), sock=datagram
        )

    async def stop(self) -> None:
        """Answer nobody any more."""
        if self._server:
            self._server.close()
        if self._datagrams:
            self._datagrams.close()
        for connection in self._connections:
            connection.close()
        for task in list(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def hold(
        self,
        lease: str,
        how: str,
        names: Iterable[str] = (),
        delay_ms: int = 0,
        answer: str = "",
    ) -> None:
        """Fail, delay or answer wrong for *names*, or all, until `let_go`."""
        about = frozenset(naming.plain(each) for each in names)
        self.held.setdefault(lease, []).append(Held(how, about, delay_ms, answer))

    def let_go(self, lease: str) -> None:
        """Be right again, as far as that lease goes."""
        self.held.pop(lease, None)

    async def reply(self, question: dns.message.Message) -> dns.message.Message:
        """The answer to *question*, when it is time for it."""
        faults = [each for held in self.held.values() for each in held]
        late_ms = naming.delay_ms(naming.asked(question), faults)
        if late_ms:
            await asyncio.sleep(late_ms / 1e3)
        answer = naming.answered(question, self.records, faults)
        if answer is not None:
            return answer
        if self._upstream is None:
            return naming.unknown(question)
        return await self._forwarded(question, *self._upstream)

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Do *work* beside all else, unless too much of it waits already."""
        if len(self._waiting) >= WAITING_MAX:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _forwarded(
        self, question: dns.message.Message, host: str, port: int
    ) -> dns.message.Message:
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                question, host, timeout=FORWARD_S_MAX, port=port
            )
        except (dns.exception.DNSException, OSError, EOFError):
            return naming.failure(question)
        return answer

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One connection; each question is answered when its answer is ready."""
        self._connections.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                async with asyncio.timeout(IDLE_S_MAX):
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    data = await reader.readexactly(size)
                question = naming.parsed(data)
                if question is None:
                    break
                self.run(self._say(writer, question))
        self._connections.discard(writer)
        writer.close()

    async def _say(
        self, writer: asyncio.StreamWriter, question: dns.message.Message | bytes
    ) -> None:
        data = (
            question if isinstance(question, bytes) else (await self.reply(question)).to_wire()
        )
        if not writer.is_closing():
            writer.write(len(data).to_bytes(2, "big") + data)


class _Datagrams(asyncio.DatagramProtocol):
    """Questions that come as datagrams."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        question = naming.parsed(data)
        if isinstance(question, bytes):
            self._send(question, addr)
        elif question is not None:
            self._resolver.run(self._answer(question, addr))

    async def _answer(self, question: dns.message.Message, addr: Address) -> None:
        answer = await self._resolver.reply(question)
        self._send(naming.datagram(answer, question), addr)

    def _send(self, data: bytes, addr: Address) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, addr)


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.IPv4Address(host)
        number = int(port)
    except ValueError:
        number = -1
    if not 0 <= number <= PORT_MAX:
        raise BadArgument(
            f"a resolver is at an address:port as 127.0.0.1:5353, not at {text!r}"
        )
    return host, number


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A stream socket and one for datagrams, of the same port."""
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stream.bind((host, port))
        datagram.bind(stream.getsockname())
    except OSError as error:
        stream.close()
        datagram.close()
        why = (error.strerror or str(error)).lower()
        raise PortTaken(
            f"no resolver can be at {host}:{port}: {why}; choose another port"
        ) from error
    stream.setblocking(False)
    datagram.setblocking(False)
    return stream, datagram
