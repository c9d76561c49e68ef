"""Who listens is told by the kernel, in its own message or in its table."""

import socket
import struct
import sys

import pytest

from chaos_ext.lease import listeners

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
PLACE = ("127.102.87.2", 0x43E3)


def row(host, *, state="0A"):
    number = int.from_bytes(socket.inet_aton(host), sys.byteorder)
    local = f"{number:08X}:43E3"
    return f"   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 911274 1"


@pytest.mark.parametrize("host", ["127.102.87.2", "0.0.0.0"])
def test_table_tells_who_listens(host):
    table = f"{HEAD}\n{row(host)}\n{row('127.1.1.1', state='01')}\n"

    found = set(listeners.of_table(table))

    assert found == {(host, 0x43E3, "911274")}


def test_answer_of_the_kernel_tells_who_listens():
    place = struct.pack("!HH4s", 0x43E3, 0, socket.inet_aton(PLACE[0]))
    answer = (b"\2\12\0\0" + place).ljust(68, b"\0") + struct.pack("=I", 911274)

    found = set(listeners._told([answer]))

    assert found == {(*PLACE, "911274")}


def test_table_is_read_when_the_kernel_gives_no_answer(monkeypatch):
    def refuse():
        raise OSError(2, "sock_diag")

    monkeypatch.setattr(listeners, "_answers", refuse)
    monkeypatch.setattr(
        listeners.Path, "read_text", lambda *_, **__: f"{HEAD}\n{row(PLACE[0])}\n"
    )

    assert listeners.listeners() == {(*PLACE, "911274")}
