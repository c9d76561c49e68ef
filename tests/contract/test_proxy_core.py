"""A proxy's life: where it listens, who holds it down, and whom its toxics are for."""

import socket

import pytest

from chaos_ext.errors import ListenFailed, ProxyExists
from chaos_ext.proxy.core.model import DOWNSTREAM, UPSTREAM

from .proxy_rig import HOST, RESET, Rig, toxic, until


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()


def test_proxy_carries_bytes_both_ways(rig):
    proxy = rig.proxy()
    client, server = rig.wire(proxy)

    client.send(b"question")
    server.send(b"answer")

    assert (server.get(8), client.get(6)) == (b"question", b"answer")
    assert proxy.connections == 1


def test_proxy_sets_no_delay_and_ends_with_both_ends(rig):
    proxy = rig.proxy()
    client, server = rig.wire(proxy)

    client.close()
    server.close()

    until(lambda: proxy.connections == 0)
    assert set(rig.core.do(proxy.counters)) == {UPSTREAM, DOWNSTREAM}


def test_proxy_accepts_and_closes_when_nobody_is_behind_it(rig):
    with socket.create_server((HOST, 0)) as nobody:
        port = nobody.getsockname()[1]
    proxy = rig.core.in_front_of(port)

    client = rig.connect(proxy)

    assert client.rest() == b""
    until(lambda: proxy.connections == 0)


def test_proxy_keeps_what_a_client_says_before_the_server_is_there(rig):
    proxy = rig.proxy(toxic("slicer", UPSTREAM, average_size=3, size_variation=1, delay=100))
    client = rig.connect(proxy)

    client.send(b"before anybody listened")
    client.half_close()
    server = rig.accept()

    assert server.rest() == b"before anybody listened"


def test_proxy_closes_everything_when_stopped_and_comes_back_where_it_was(rig):
    proxy = rig.proxy()
    client, server = rig.wire(proxy)
    listened = proxy.listen

    rig.core.run(proxy.stop())
    with pytest.raises(ConnectionRefusedError):
        rig.connect(proxy)
    rig.core.run(proxy.start())

    assert (client.rest(), server.rest()) == (b"", b"")
    assert proxy.listen == listened
    assert rig.wire(proxy)


@pytest.mark.parametrize(
    ("listen", "text"),
    [
        ("{taken}", "listen tcp {taken}: bind: address already in use"),
        ("x", "listen tcp: address x: missing port in address"),
        ("127.0.0.1:99999", "listen tcp: address 99999: invalid port"),
        ("256.0.0.1:1", "listen tcp: lookup 256.0.0.1: no such host"),
        ("203.0.113.9:80", "listen tcp 203.0.113.9:80: bind: cannot assign requested address"),
    ],
)
def test_adding_says_what_go_says_and_leaves_nothing_when_it_cannot_listen(rig, listen, text):
    taken = f"{HOST}:{rig.port}"

    with pytest.raises(ListenFailed) as refused:
        rig.core.run(rig.core.proxies.add("x", listen.format(taken=taken), "a:1", start=True))

    assert str(refused.value) == text.format(taken=taken)
    assert rig.core.proxies.get("x") is None


def test_adding_refuses_a_name_that_is_there(rig):
    name = rig.proxy().name

    with pytest.raises(ProxyExists):
        rig.core.run(rig.core.proxies.add(name, f"{HOST}:0", "a:1", start=True))

    assert list(rig.core.proxies.all()) == [name]


def test_removing_closes_everything(rig):
    proxy = rig.proxy()
    client, _ = rig.wire(proxy)

    rig.core.run(rig.core.proxies.remove(proxy.name))
    rig.core.run(rig.core.proxies.remove(proxy.name))

    assert client.rest() == b""
    assert rig.core.proxies.all() == {}


def test_update_changes_nothing_when_nothing_is_new(rig):
    proxy = rig.proxy()
    client, server = rig.wire(proxy)
    port = proxy.listen.rpartition(":")[2]

    rig.core.run(proxy.update(f"localhost:{port}", proxy.upstream, enabled=True))
    client.send(b"on")

    assert server.get(2) == b"on"


def test_update_moves_to_another_upstream(rig):
    with socket.create_server((HOST, 0)) as other:
        proxy = rig.proxy()
        client, _ = rig.wire(proxy)

        upstream = "{}:{}".format(*other.getsockname())
        rig.core.run(proxy.update(proxy.listen, upstream, enabled=True))
        rig.connect(proxy)

        other.accept()[0].close()
        assert client.rest() == b""


def test_update_keeps_an_address_it_cannot_have_and_is_disabled(rig):
    """As Toxiproxy does it."""
    proxy = rig.proxy()
    taken = f"{HOST}:{rig.port}"

    with pytest.raises(ListenFailed):
        rig.core.run(proxy.update(taken, proxy.upstream, enabled=True))

    assert (proxy.listen, proxy.enabled) == (taken, False)


def test_toxics_are_told_upstream_first_and_replaced_in_their_place(rig):
    proxy = rig.proxy(
        toxic("latency", name="a"), toxic("noop", UPSTREAM, name="b"), toxic("noop", name="c")
    )

    rig.put(proxy, toxic("bandwidth", name="a", rate=5), toxic("noop", UPSTREAM, name="d"))

    assert [each.name for each in proxy.toxics] == ["b", "d", "a", "c"]
    assert proxy.toxics[2].type == "bandwidth"


def test_toxics_are_only_for_their_sources(rig):
    proxy = rig.proxy(toxic("limit_data", bytes=1, sources=["127.0.0.2"]))
    spared, spared_server = rig.wire(proxy)
    hit, hit_server = rig.wire(proxy, source="127.0.0.2")

    for server in (spared_server, hit_server):
        server.send(b"abc")

    assert spared.get(3) == b"abc"
    assert hit.rest() == b"a"


def test_sources_are_known_at_a_listener_for_both_families(rig):
    if not socket.has_dualstack_ipv6():
        pytest.skip("needs: IPv6, to listen for both families")
    work = rig.core.proxies.add("both", "", f"{HOST}:{rig.port}", start=True)
    proxy = rig.core.run(work)
    rig.put(proxy, toxic("limit_data", bytes=1, sources=["127.0.0.1"]))

    client, server = rig.wire(proxy)
    server.send(b"abc")

    assert proxy.listen.startswith("[::]:")
    assert client.rest() == b"a"


def test_resetting_hits_every_connection_or_those_of_a_source(rig):
    proxy = rig.proxy()
    first, _ = rig.wire(proxy)
    second, server = rig.wire(proxy, source="127.0.0.2")
    until(lambda: proxy.connections == 2)

    some = rig.core.run(proxy.reset_connections(frozenset({"127.0.0.2"})))
    fates = (second.fate(), server.fate(), first.silent())
    until(lambda: proxy.connections == 1)
    rest = rig.core.run(proxy.reset_connections())

    assert (some, rest) == (1, 1)
    assert fates == (RESET, RESET, True)
    assert first.fate() == RESET


def test_echo_answers_the_client_it_was_announced_for_through_all_toxics(rig):
    proxy = rig.proxy(toxic("limit_data", DOWNSTREAM, bytes=5))

    client = rig.connect(proxy, echo=True)
    other, server = rig.wire(proxy)
    client.send(b"hello world")
    other.send(b"x")

    assert client.fate() in {b"hello", RESET}
    assert server.get(1) == b"x"
    until(lambda: proxy.connections == 1)


def test_echo_sends_everything_back_and_then_the_end(rig):
    proxy = rig.proxy()
    client = rig.connect(proxy, echo=True)

    client.send(bytes(500_000))
    client.half_close()

    assert client.rest() == bytes(500_000)
    until(lambda: proxy.connections == 0)


def test_proxy_stops_reading_when_the_other_end_does_not_read(rig):
    proxy = rig.proxy()
    _, server = rig.wire(proxy)

    server.fill()

    received, sent = rig.core.do(proxy.counters)[DOWNSTREAM]
    assert received < 100 << 20
    assert sent == received
