"""The two ends of a proxied connection: servers in processes of their own, and their clients.

Both must cost less than the proxy between them, or they are what is measured; so servers and
clients are bare epoll loops over file descriptors, and big buffers.
"""

from __future__ import annotations

import multiprocessing
import os
import select
import socket
import struct
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from proxying import HOST

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGE = b"m" * 64
HANG_UP = b"h"  # asks the echo to close after it has answered
BLOCK_BYTES = 1 << 20
RST_ON_CLOSE = struct.pack("ii", 1, 0)
TOTAL = struct.Struct("!Q")


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[tuple[int, int]]:
    """Run *serve* on a listening socket in a process of its own: its port and its pid."""
    door = socket.create_server((HOST, 0), backlog=4096)
    port, parent = door.getsockname()[1], os.getpid()

    def run() -> None:
        world.die_with_parent(parent)
        serve(door)

    process = multiprocessing.get_context("fork").Process(target=run, daemon=True)
    process.start()
    door.close()
    try:
        yield port, process.pid or 0
    finally:
        process.kill()
        process.join()


def echo(door: socket.socket) -> None:
    """Answer every message with itself."""
    door.setblocking(False)
    poll, door_fd = select.epoll(), door.fileno()
    poll.register(door_fd, select.EPOLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == door_fd:
                _let_in(door, poll)
            else:
                _echo_once(fd, poll)


def _let_in(door: socket.socket, poll: select.epoll) -> None:
    with suppress(BlockingIOError):
        while True:
            connection, _ = door.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            poll.register(connection.detach(), select.EPOLLIN)


def _echo_once(fd: int, poll: select.epoll) -> None:
    try:
        heard = os.read(fd, 65536)
        if heard:
            os.write(fd, heard)
        if heard and heard[:1] != HANG_UP:
            return
    except OSError:  # the other end was reset
        pass
    poll.unregister(fd)
    os.close(fd)


def sink(door: socket.socket) -> None:
    """Swallow as many bytes as the first eight say, then answer with one; again and again."""
    _each_in_a_thread(door, _swallow)


def flood(door: socket.socket) -> None:
    """Send as many bytes as the first eight say."""
    _each_in_a_thread(door, lambda fd: fd.sendall(bytes(_total(fd))))


def _each_in_a_thread(door: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    def run(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            serve(connection)
            connection.recv(1)  # until the client has enough

    threading.stack_size(1 << 17)
    while True:
        threading.Thread(target=run, args=(door.accept()[0],), daemon=True).start()


def _swallow(connection: socket.socket) -> None:
    buffer = bytearray(BLOCK_BYTES)
    while left := _total(connection):
        while left > 0:
            got = connection.recv_into(buffer)
            if not got:
                return
            left -= got
        connection.sendall(b"!")


def _total(connection: socket.socket) -> int:
    header = connection.recv(TOTAL.size, socket.MSG_WAITALL)
    return TOTAL.unpack(header)[0] if len(header) == TOTAL.size else 0


def connect(port: int) -> socket.socket:
    """A connection that does not wait before it sends."""
    connection = socket.create_connection((HOST, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def upload_s(connection: socket.socket, total_bytes: int) -> float:
    """How long the sink at the other end takes to have *total_bytes*."""
    block = memoryview(bytes(BLOCK_BYTES))
    began_ns = world.monotonic_ns()
    connection.sendall(TOTAL.pack(total_bytes))
    for sent in range(0, total_bytes, BLOCK_BYTES):
        connection.sendall(block[: total_bytes - sent])
    assert connection.recv(1) == b"!"
    return (world.monotonic_ns() - began_ns) / 1e9


def round_trips_us(port: int, count: int) -> list[float]:
    """Times of *count* round trips, one after the other on one connection."""
    now, times_ns = world.monotonic_ns, []
    with connect(port) as connection:
        send, receive = connection.send, connection.recv
        for _ in range(count):
            began_ns = now()
            send(MESSAGE)
            receive(64)
            times_ns.append(now() - began_ns)
    return [each / 1e3 for each in times_ns[count // 20 :]]  # the first ones warm up


def staggered_us(port: int, apart_ms: float, connections: int, for_s: float) -> list[float]:
    """Round trips of several connections that started *apart_ms* after each other."""
    now, times_ns, sent_ns = world.monotonic_ns, [], {}
    poll, opened = select.epoll(), [connect(port) for _ in range(connections)]
    for each in opened:
        poll.register(each.fileno(), select.EPOLLIN)
        sent_ns[each.fileno()] = now()
        each.send(MESSAGE)
        world.sleep(apart_ms / 1e3)
    end_ns = now() + int(for_s * 1e9)
    while now() < end_ns:
        for fd, _ in poll.poll():
            arrived_ns = now()
            assert len(os.read(fd, 64)) == 64
            times_ns.append(arrived_ns - sent_ns[fd])
            sent_ns[fd] = now()
            os.write(fd, MESSAGE)
    poll.close()
    for each in opened:
        each.close()
    return [each / 1e3 for each in times_ns[connections:]]  # the first wait for the start


def paced_us(port: int, apart_ms: float, for_s: float) -> list[float]:
    """Round trips with a pause before each: what waking up costs is in them."""
    now, times_ns = world.monotonic_ns, []
    with connect(port) as connection:
        end_ns = now() + int(for_s * 1e9)
        while now() < end_ns:
            world.sleep(apart_ms / 1e3)
            began_ns = now()
            connection.send(MESSAGE)
            connection.recv(64)
            times_ns.append(now() - began_ns)
    return [each / 1e3 for each in times_ns[1:]]


def messages_per_s(port: int, connections: int, for_s: float) -> float:
    """Small messages echoed on many connections, one on its way on each at any time."""
    poll, opened = select.epoll(), [connect(port) for _ in range(connections)]
    for each in opened:
        poll.register(each.fileno(), select.EPOLLIN)
        each.send(MESSAGE)
    count, began_ns = 0, world.monotonic_ns()
    end_ns = began_ns + int(for_s * 1e9)
    while world.monotonic_ns() < end_ns:
        events = poll.poll()
        for fd, _ in events:
            os.write(fd, os.read(fd, 64))
        count += len(events)
    took_s = (world.monotonic_ns() - began_ns) / 1e9
    poll.close()
    for each in opened:
        each.close()
    return count / took_s


def visits_per_s(port: int, count: int, at_once: int, ways: int = 1) -> float:
    """Connect, one echo, end: how many a second with *at_once* of them on their way.

    They end in up to four *ways* by turns: the client closes after its answer, resets, or closes
    before its answer; the server closes.
    """
    open_now: deque[tuple[int, socket.socket]] = deque()
    began_ns = world.monotonic_ns()
    for number in range(count):
        if len(open_now) == at_once:
            _leave(*open_now.popleft())
        way, connection = number % ways, connect(port)
        connection.send(HANG_UP if way == 3 else MESSAGE)
        open_now.append((way, connection))
    while open_now:
        _leave(*open_now.popleft())
    return count / ((world.monotonic_ns() - began_ns) / 1e9)


def _leave(way: int, connection: socket.socket) -> None:
    with connection:
        if way == 2:
            return
        assert connection.recv(64)
        if way == 1:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        elif way == 3:
            assert connection.recv(1) == b""
