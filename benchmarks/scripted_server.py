"""A RESP server that keeps a diary: it serves, refuses or hangs by script, and says when.

The truth a witness is measured against must come from the one who causes it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import struct
import sys
import time
from contextlib import suppress

from chaos_ext.redis.wire import parse

RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Script:
    """One server whose moods change at drawn times."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.hangs = False
        self.kept: dict[bytes, bytes] = {}
        self.clients: set[Client] = set()
        self.listener: asyncio.Server | None = None

    async def listen(self) -> int:
        """Open the door; the instant from which a client can come in."""
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(self.address)
        door.listen(128)
        self.address, since_ns = door.getsockname(), time.monotonic_ns()
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Client(self), sock=door)
        return since_ns

    async def refuse(self, for_s: float) -> tuple[int, int]:
        """Be as a killed process is: nobody listens, connections are reset."""
        since_ns = time.monotonic_ns()
        self.listener.close()
        for client in list(self.clients):
            client.reset()
        await asyncio.sleep(for_s)
        return since_ns, await self.listen()

    async def hang(self, for_s: float) -> tuple[int, int]:
        """Be as a stopped process is: everything is accepted, nothing answered until later."""
        self.hangs, since_ns = True, time.monotonic_ns()
        await asyncio.sleep(for_s)
        self.hangs, until_ns = False, time.monotonic_ns()
        for client in list(self.clients):
            client.answer()
        return since_ns, until_ns


class Client(asyncio.Protocol):
    """A connection, and what it said that was not answered yet."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.script.clients.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.script.clients.discard(self)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if not self.script.hangs:
            self.answer()

    def answer(self) -> None:
        while found := parse(self.heard):
            words, used = found
            del self.heard[:used]
            self.transport.write(self.reply(words))

    def reply(self, words: list[bytes]) -> bytes:
        if words[0] == b"SET":
            self.script.kept[words[1]] = words[2]
            return b"+OK\r\n"
        value = self.script.kept.get(words[1])
        return b"$-1\r\n" if value is None else b"$%d\r\n%b\r\n" % (len(value), value)

    def reset(self) -> None:
        door = self.transport.get_extra_info("socket")
        door.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        self.transport.abort()


async def play(rounds: int, seed: int, serve_s: float) -> None:
    """Alternate between refusing and hanging, *rounds* times; print every truth."""
    dice, script = random.Random(seed), Script(0)
    await script.listen()
    print(json.dumps({"port": script.address[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)  # "begin"
    for number in range(rounds):
        await asyncio.sleep(dice.uniform(serve_s, 1.5 * serve_s))
        if number % 2 == 0:
            mood, (since_ns, until_ns) = "refuses", await script.refuse(dice.uniform(0.2, 1.2))
        else:
            mood, (since_ns, until_ns) = "hangs", await script.hang(dice.uniform(0.6, 1.8))
        print(
            json.dumps({"mood": mood, "since_ns": since_ns, "until_ns": until_ns}), flush=True
        )
    await asyncio.sleep(serve_s)
    print(json.dumps({"over": True}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)  # "end"


if __name__ == "__main__":
    with suppress(OSError):  # a diary is not to be written late either
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    asyncio.run(play(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
