"""A line tells what really became of a connection: taken, refused, reset, closed, and in how many pieces."""

import socket
import struct

import pytest

from chaos_ext import world
from chaos_ext.network.line import CLOSED, REFUSED, RESET, Line

from .conftest import HOST

PATIENCE_S = 10
PIECES = 5


@pytest.fixture
def server():
    """A listening socket."""
    with socket.create_server((HOST, 0)) as door:
        yield door


@pytest.fixture
def line(server):
    """A line to the server, which has begun."""
    with Line(server.getsockname()) as made:
        made.connect()
        yield made


@pytest.fixture
def guest(server, line):
    """The server's end of it."""
    taken = server.accept()[0]
    assert world.wait_until(lambda: line.connected, PATIENCE_S)
    with taken:
        yield taken


def test_line_is_known_by_its_address_before_it_is_made(server):
    with Line(server.getsockname(), HOST) as line:
        before = line.local
        line.connect()
        guest, address = server.accept()
        guest.close()

    assert before == address
    assert before[0] == HOST


def test_line_is_refused_when_nobody_listens(nobody):
    with Line(nobody) as line:
        line.connect()
        decided = world.wait_until(line.decided, PATIENCE_S)

    assert decided
    assert line.ended == REFUSED


def test_line_is_reset_when_the_other_end_resets(line, guest):
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    guest.close()

    assert world.wait_until(line.over, PATIENCE_S)
    assert line.ended == RESET


def test_line_is_closed_when_the_other_end_closes(line, guest):
    guest.close()

    assert world.wait_until(line.over, PATIENCE_S)
    assert line.ended == CLOSED


def test_line_lives_while_nobody_says_anything(line, guest):
    looks = [line.over() for _ in range(5)]

    assert looks == [False] * 5
    assert line.received == 0
    assert guest.fileno() >= 0


def test_line_says_a_pattern_as_long_as_asked_and_then_no_more(line, guest):
    line.say(b"abc", 1_000_001)
    line.finish()
    heard = bytearray()

    def all_heard():
        line.look()
        heard.extend(guest.recv(1 << 20))
        return len(heard) >= 1_000_001

    assert world.wait_until(all_heard, PATIENCE_S, every_s=0)
    assert bytes(heard) == b"abc" * 333_333 + b"ab"
    line.look()
    assert guest.recv(1) == b""


def test_line_counts_what_it_hears_and_keeps_how_it_begins(line, guest):
    guest.sendall(b"x" * 10_000)

    assert world.wait_until(lambda: line.over() or line.received == 10_000, PATIENCE_S)
    assert line.heard == b"x" * 4096
    assert sum(size for _, size in line.arrivals) == 10_000


def test_line_counts_pieces_that_the_kernel_put_together(line, guest):
    guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(PIECES):
        guest.sendall(b"piece")

    assert world.wait_until(lambda: line.segments() == PIECES, PATIENCE_S)
    line.look()
    assert line.received == PIECES * 5


def test_line_waits_no_longer_than_there_is_something_to_see(line, guest):
    guest.sendall(b"now")
    begun_ns = world.monotonic_ns()

    line.wait(PATIENCE_S * 1e3)

    assert world.monotonic_ns() - begun_ns < PATIENCE_S * 1e9 / 2
    line.look()
    assert line.heard == b"now"
