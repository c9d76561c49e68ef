"""A connection of the API between a wire and an application that only write down what happens."""

import asyncio
import re

from chaos_ext.proxy.api import http
from chaos_ext.proxy.api.answers import Answer
from chaos_ext.proxy.api.server import Server


class Wire(asyncio.Transport):
    """A transport that writes down what is done with it."""

    def __init__(self):
        super().__init__()
        self.sent, self.did = b"", []

    def write(self, data):
        self.sent += data

    def is_closing(self):
        return "close" in self.did

    def can_write_eof(self):
        return True

    def __getattribute__(self, name):
        if name in ("close", "abort", "write_eof", "pause_reading", "resume_reading"):
            return lambda: self.did.append(name)
        return super().__getattribute__(name)


class Application:
    """Answers with what was asked; waits when it is told to."""

    def __init__(self):
        self.asked, self.go = [], asyncio.Event()
        self.go.set()

    def reads_body(self, method, target):
        return target == "/a"

    async def answer(self, request):
        self.asked.append(request)
        await self.go.wait()
        if request.target == "/breaks":
            raise ValueError("on purpose")
        return Answer(200, request.target.encode() + request.body, "text/plain")


class Rig:
    """A connection between the two."""

    def __init__(self):
        self.application, self.wire = Application(), Wire()
        self.server = Server(self.application)
        self.connection = http.Connection(self.server)
        self.connection.connection_made(self.wire)

    async def hear(self, *pieces):
        for piece in pieces:
            self.connection.data_received(piece)
        await self.settled()

    async def settled(self):
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def statuses(self):
        return re.findall(r"HTTP/1.1 (\d+) ", self.wire.sent.decode())


def rigged(scene):
    """Run *scene* with a rig on a loop, and let nothing of it wait for ever."""

    async def run():
        rig = Rig()
        await scene(rig)
        rig.connection.connection_lost(None)
        return rig

    return asyncio.run(run())
