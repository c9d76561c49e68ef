"""What Toxiproxy does wrong, defect by defect, and what ours does instead."""

import socket

import pytest

from chaos_ext.proxy.core.model import DOWNSTREAM, UPSTREAM

from .proxy_rig import HOST, RESET, Rig, toxic, until


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()


def test_half_close_of_the_client_leaves_the_reply_alone(rig):
    """Toxiproxy: `shutdown(WR)` closes the whole connection, and the reply is lost."""
    client, server = rig.wire(rig.proxy())

    client.send(b"question")
    client.half_close()
    question = server.rest()
    server.send(b"answer")
    server.close()

    assert question == b"question"
    assert client.rest() == b"answer"


def test_half_close_of_the_server_leaves_the_client_alone(rig):
    """Toxiproxy: the same in the other direction."""
    client, server = rig.wire(rig.proxy(toxic("latency", latency=1, jitter=0)))

    server.send(b"all I say")
    server.half_close()
    said = client.rest()
    client.send(b"still here")
    client.close()

    assert said == b"all I say"
    assert server.rest() == b"still here"


def test_reset_by_the_server_reaches_the_client_as_one(rig):
    """Toxiproxy: the client sees an end in good order."""
    client, server = rig.wire(rig.proxy())

    server.reset()

    assert client.fate() == RESET


def test_reset_by_the_client_reaches_the_server_as_one(rig):
    """Toxiproxy: the server sees an end in good order."""
    client, server = rig.wire(rig.proxy(toxic("latency", latency=1, jitter=0)))
    server.send(b"met")
    client.get(3)

    client.reset()

    assert server.fate() == RESET


def test_reset_comes_behind_the_bytes_that_wait(rig):
    """As on a wire: what was sent before it arrives before it."""
    proxy = rig.proxy(toxic("silence"))
    client, server = rig.wire(proxy)

    server.send(b"before")
    until(lambda: rig.core.do(proxy.counters)[DOWNSTREAM] == (6, 0))
    server.reset()
    silent = client.silent()
    rig.put(proxy, remove=["silence"])

    assert silent
    assert client.fate() in {b"before", RESET}


def test_mutations_wait_for_nobody_who_does_not_read(rig):
    """Toxiproxy: removing a toxic while a client does not read freezes the API for ever."""
    proxy = rig.proxy(toxic("latency", latency=10, jitter=0))
    _, server = rig.wire(proxy)
    server.fill()

    rig.put(proxy, remove=["latency"])
    rig.core.run(proxy.stop())

    assert proxy.connections == 0


def test_mutations_wait_for_no_dial_that_hangs(rig):
    """Toxiproxy: with an upstream that does not answer DELETE hangs, and GET behind it."""
    with _black_hole() as port:
        proxy = rig.core.in_front_of(port)
        client = rig.connect(proxy)
        until(lambda: proxy.connections == 1)

        rig.core.run(proxy.stop())

        assert client.rest() == b""


def test_accepting_waits_for_no_dial_that_hangs(rig):
    """Toxiproxy: it dials in the loop that accepts, so one hanging dial blocks everybody."""
    with _black_hole() as port:
        proxy = rig.core.in_front_of(port)
        first = rig.connect(proxy)
        until(lambda: proxy.connections == 1)

        second = rig.connect(proxy, echo=True)
        second.send(b"served")

        assert second.get(6) == b"served"
        assert first.silent()


def test_toxicity_is_decided_once_for_each_connection(rig):
    """Toxiproxy: adding a noop throws the dice of every connection again."""
    proxy = rig.proxy(toxic("timeout", UPSTREAM, timeout=0, toxicity=0.5))
    wires = [rig.wire(proxy) for _ in range(24)]
    before = _spared(wires)

    rig.put(proxy, toxic("noop", UPSTREAM), toxic("latency", UPSTREAM, latency=0, jitter=0))
    rig.put(proxy, remove=["noop"])

    assert 0 < sum(before) < 24
    assert _spared(wires) == before


def test_toxicity_is_the_same_with_the_same_seed():
    """Toxiproxy: `-seed` has no effect."""
    found = []

    for seed in (5, 5, 6):
        rig = Rig(seed)
        try:
            proxy = rig.proxy(toxic("timeout", UPSTREAM, timeout=0, toxicity=0.5))
            found.append(_spared([rig.wire(proxy) for _ in range(24)]))
        finally:
            rig.close()

    assert found[0] == found[1]
    assert found[0] != found[2]


def test_timeout_closes_those_it_silenced_and_no_others_when_removed(rig):
    """Toxiproxy: it closes every connection, those the dice had spared as well."""
    proxy = rig.proxy(toxic("timeout", UPSTREAM, timeout=0, toxicity=0.5))
    wires = [rig.wire(proxy) for _ in range(24)]
    spared = _spared(wires)

    rig.put(proxy, remove=["timeout"])
    until(lambda: proxy.connections == sum(spared))

    for alive, (client, server) in zip(spared, wires, strict=True):
        if alive:
            server.send(b"on")
            assert client.get(2) == b"on"
        else:
            assert client.rest() == b""


def test_reset_peer_resets_connections_that_were_there_before(rig):
    """Toxiproxy: they get an end in good order."""
    proxy = rig.proxy()
    client, server = rig.wire(proxy)

    rig.put(proxy, toxic("reset_peer", UPSTREAM, timeout=0))
    client.send(b"x")

    assert client.fate() == RESET
    assert server.fate() == RESET


@pytest.mark.parametrize("toxicity", [0.0, 1.0])
def test_reset_peer_leaves_a_normal_close_normal_when_it_does_not_act(rig, toxicity):
    """Toxiproxy: with toxicity 0, or after it was removed, every close becomes a reset."""
    proxy = rig.proxy(toxic("reset_peer", DOWNSTREAM, timeout=0, toxicity=toxicity))
    client, server = rig.wire(proxy)
    rig.put(proxy, remove=["reset_peer"] if toxicity else [])

    server.send(b"bye")
    server.close()

    assert client.fate() == b"bye"


def test_toxics_are_on_all_connections_at_once(rig):
    """Toxiproxy: a connection that begins at that moment may miss them."""
    proxy = rig.proxy()
    wires = [rig.wire(proxy) for _ in range(20)]

    rig.put(proxy, toxic("timeout", UPSTREAM, timeout=0), toxic("limit_data", bytes=3))
    for client, server in wires:
        client.send(b"lost")
        server.send(b"abcdef")

    assert [client.rest() for client, _ in wires] == [b"abc"] * 20
    assert all(server.fate() in {b"", RESET} for _, server in wires)


def test_counters_count_connections_that_live(rig):
    """Toxiproxy: they are added when a connection ends."""
    proxy = rig.proxy(toxic("timeout", DOWNSTREAM, timeout=0))
    client, server = rig.wire(proxy)

    client.send(b"abc")
    server.get(3)
    server.send(b"lost")

    until(lambda: rig.core.do(proxy.counters) == {UPSTREAM: (3, 3), DOWNSTREAM: (4, 0)})


def _spared(wires):
    """Whose bytes reach the server, once more."""
    for client, _ in wires:
        client.send(b"?")
    for client, server in wires:  # the other direction has no toxic: its order is told by ours
        server.send(b"!")
        client.get(1)
    return [not server.silent() and server.get(1) == b"?" for _, server in wires]


class _black_hole:  # noqa: N801 - reads as what it is
    """A port whose queue is full: whoever dials it waits."""

    def __enter__(self):
        self._door = socket.create_server((HOST, 0), backlog=0)
        self._waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self._door.getsockname())
            self._waiting.append(sock)
        return self._door.getsockname()[1]

    def __exit__(self, *_):
        for sock in (*self._waiting, self._door):
            sock.close()
