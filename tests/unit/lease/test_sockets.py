"""Who holds a socket is read from the kernel: the address, the port and the process all count."""

import os

import pytest

from chaos_ext.lease import sockets

PLACE = ("127.102.87.2", 0x43E3)


@pytest.fixture
def mine(monkeypatch):
    """Sockets of this process, which it is said to have."""
    monkeypatch.setattr(
        sockets, "_sockets_of", lambda pid: {"7"} if pid == os.getpid() else set()
    )


@pytest.mark.parametrize("host", ["127.102.87.2", "0.0.0.0"])
def test_process_holds_the_address_when_its_socket_listens_there_or_everywhere(
    mine, monkeypatch, host
):
    monkeypatch.setattr(sockets, "listeners", lambda: {(host, 0x43E3, "7")})

    assert sockets.holds(os.getpid(), *PLACE)
    assert not sockets.holds(os.getpid() + 1, *PLACE)


@pytest.mark.parametrize(
    "other",
    [("127.102.87.3", 0x43E3, "7"), ("127.102.87.2", 0x43E4, "7"), (*PLACE, "8")],
    ids=["another address", "another port", "another's socket"],
)
def test_process_does_not_hold_the_address_when_something_else_listens(
    mine, monkeypatch, other
):
    monkeypatch.setattr(sockets, "listeners", lambda: {other})

    assert not sockets.holds(os.getpid(), *PLACE)


def test_nobody_holds_an_address_at_which_nobody_listens():
    assert not sockets.holds(os.getpid(), "127.255.255.1", 1)


def test_nobody_holds_an_address_when_the_process_has_ended():
    assert not sockets.holds(2**22 + 1, "127.255.255.1", 1)
