"""Who holds a proxy down, and how it comes up again."""

import socket

import pytest

from chaos_ext.errors import ListenFailed

from .proxy_rig import HOST, Rig, until


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()


def test_proxy_is_down_while_any_lease_holds_it(rig):
    proxy = rig.proxy()
    client, _ = rig.wire(proxy)

    rig.core.run(proxy.hold_down("one"))
    rig.core.run(proxy.hold_down("two"))
    rig.core.run(proxy.let_up("one"))
    with pytest.raises(ConnectionRefusedError):
        rig.connect(proxy)
    held = (proxy.held_down_by, proxy.enabled)
    rig.core.run(proxy.let_up("two"))

    assert held == ({"two"}, True)
    assert client.rest() == b""
    assert rig.wire(proxy)


def test_proxy_is_disabled_when_its_port_was_taken_while_it_was_down(rig):
    proxy = rig.proxy()
    rig.core.run(proxy.hold_down("lease"))
    port = int(proxy.listen.rpartition(":")[2])

    with (
        socket.create_server((HOST, port)),
        pytest.raises(ListenFailed, match="address already in use"),
    ):
        rig.core.run(proxy.let_up("lease"))

    assert (proxy.enabled, proxy.held_down_by) == (False, frozenset())


def test_proxy_goes_down_and_up_while_it_flaps(rig):
    proxy = rig.proxy()
    client, _ = rig.wire(proxy)

    rig.core.do(proxy.flap, "lease", 0.05, 0.05)
    ended = client.rest()
    for wanted in (False, True, False, True):
        until(lambda wanted=wanted: _accepts(proxy) is wanted)
    flapping = proxy.held_down_by
    rig.core.do(proxy.end_flap, "lease")
    until(lambda: _accepts(proxy))

    assert ended == b""
    assert flapping == {"lease"}
    assert proxy.held_down_by == frozenset()


def test_proxy_that_flaps_is_gone_when_removed(rig):
    proxy = rig.proxy()
    rig.core.do(proxy.flap, "lease", 0.01, 0.01)

    rig.core.run(rig.core.proxies.remove(proxy.name))
    rig.core.do(proxy.end_flap, "lease")

    assert not proxy.enabled
    assert not _accepts(proxy)


def _accepts(proxy):
    try:
        socket.create_connection((HOST, int(proxy.listen.rpartition(":")[2])), 5).close()
    except OSError:
        return False
    return True
