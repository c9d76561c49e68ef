"""A proxy on a loop of its own between a client and a server that the test holds in its hands."""

import asyncio
import socket
import struct
import threading
from contextlib import suppress

import uvloop

from chaos_ext import world
from chaos_ext.proxy.core.model import DOWNSTREAM, ToxicSpec
from chaos_ext.proxy.core.proxies import Proxies

PATIENCE_S = 10
HOST = "127.0.0.1"
RESET = "reset"


def toxic(type_, stream=DOWNSTREAM, *, name="", toxicity=1.0, sources=(), **attributes):
    return ToxicSpec(
        name or type_, type_, stream, toxicity, attributes, sources=frozenset(sources)
    )


class Core:
    """All proxies of a loop that runs beside the test."""

    def __init__(self, seed=1):
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._names = iter(range(1000))
        self.proxies = self.run(self._proxies(seed))

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def do(self, call, *args):
        """Make a plain call where the proxies live."""

        async def made():
            return call(*args)

        return self.run(made())

    def in_front_of(self, port, *toxics):
        proxy = self.run(
            self.proxies.add(f"p{next(self._names)}", f"{HOST}:0", f"{HOST}:{port}", start=True)
        )
        self.run(proxy.put_toxics(toxics))
        return proxy

    def close(self):
        self.run(self.proxies.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    @staticmethod
    async def _proxies(seed):
        return Proxies(seed)


class End:
    """One end of a connection: a socket that says in words how it ended."""

    def __init__(self, sock):
        self.sock = sock
        sock.settimeout(PATIENCE_S)

    def send(self, data):
        self.sock.sendall(data)

    def get(self, size):
        """Exactly *size* bytes."""
        data = b""
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            assert part, f"ended after {data!r}"
            data += part
        return data

    def rest(self):
        """What comes until the end."""
        data = b""
        while part := self.sock.recv(1 << 16):
            data += part
        return data

    def fate(self):
        """How it ends: what came before an end in good order, or RESET."""
        try:
            return self.rest()
        except ConnectionResetError:
            return RESET

    def silent(self):
        """Whether nothing, not even an end, has come so far."""
        self.sock.setblocking(False)
        try:
            with suppress(BlockingIOError):
                self.sock.recv(1, socket.MSG_PEEK)
                return False
        finally:
            self.sock.settimeout(PATIENCE_S)
        return True

    def fill(self, patience_s=0.5):
        """Send until nobody has taken anything for a while."""
        self.sock.settimeout(patience_s)
        with suppress(TimeoutError):
            while True:
                self.sock.send(bytes(1 << 20))

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()


class Rig:
    """A core and a listening socket; `wire` makes a connection through a proxy, both ends in hand."""

    def __init__(self, seed=1):
        self.core = Core(seed)
        self.server = socket.create_server((HOST, 0), backlog=512)
        self.server.settimeout(PATIENCE_S)
        self.port = self.server.getsockname()[1]
        self._ends = []

    def proxy(self, *toxics):
        return self.core.in_front_of(self.port, *toxics)

    def put(self, proxy, *toxics, remove=()):
        self.core.run(proxy.put_toxics(toxics, remove))

    def connect(self, proxy, source=None, *, echo=False):
        """A client; with *echo* it meets the proxy's own echo."""
        sock = socket.socket()
        sock.bind((source or HOST, 0))
        sock.settimeout(PATIENCE_S)
        if echo:
            self.core.do(proxy.echo_for, sock.getsockname())
        end = self._kept(sock)
        sock.connect((HOST, int(proxy.listen.rpartition(":")[2])))
        return end

    def accept(self):
        return self._kept(self.server.accept()[0])

    def wire(self, proxy, source=None):
        client = self.connect(proxy, source)
        return client, self.accept()

    def close(self):
        for end in self._ends:
            end.close()
        self.server.close()
        self.core.close()

    def _kept(self, sock):
        self._ends.append(End(sock))
        return self._ends[-1]


def until(condition):
    assert world.wait_until(condition, PATIENCE_S)
