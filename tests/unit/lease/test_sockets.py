"""Who listens is read from the kernel's table: the address, the port and the state all count."""

import os
import sys

import pytest

from chaos_ext.lease import sockets

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


def row(local, *, state="0A", inode="911274"):
    return f"   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1"


def number_of(host):
    """As a machine of this byte order shows it."""
    parts = bytes(int(part) for part in host.split("."))
    return f"{int.from_bytes(parts, sys.byteorder):08X}"


@pytest.mark.parametrize("host", ["127.102.87.2", "0.0.0.0"])
def test_listening_finds_the_socket_at_the_address_or_at_every_address(host):
    table = "\n".join([HEAD, row(f"{number_of(host)}:43E3"), ""])

    found = sockets.listening(table, "127.102.87.2", 0x43E3)

    assert found == {"911274"}


@pytest.mark.parametrize(
    "other",
    [
        row(f"{number_of('127.102.87.3')}:43E3"),
        row(f"{number_of('127.102.87.2')}:43E4"),
        row(f"{number_of('127.102.87.2')}:43E3", state="01"),
    ],
    ids=["another address", "another port", "a connection"],
)
def test_listening_finds_nothing_when_the_row_is_of_something_else(other):
    table = f"{HEAD}\n{other}\n"

    found = sockets.listening(table, "127.102.87.2", 0x43E3)

    assert found == set()


def test_nobody_holds_an_address_at_which_nobody_listens():
    assert not sockets.holds(os.getpid(), "127.255.255.1", 1)


def test_nobody_holds_an_address_when_the_process_has_ended():
    assert not sockets.holds(2**22 + 1, "127.255.255.1", 1)
