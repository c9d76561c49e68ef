"""Real sockets, any chunks, any toxics: what arrives is what was sent, in order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from chaos_ext.proxy.core.model import UPSTREAM

from .proxy_rig import Rig, toxic

FEW_MS = some.integers(0, 5)
STAGE = some.one_of(
    some.builds(lambda a, b: ("latency", {"latency": a, "jitter": b}), FEW_MS, FEW_MS),
    some.builds(lambda rate: ("bandwidth", {"rate": rate}), some.integers(5_000, 10**6)),
    some.builds(lambda delay: ("slow_close", {"delay": delay}), FEW_MS),
    some.builds(
        lambda size, delay: (
            "slicer",
            {"average_size": size, "size_variation": size // 2, "delay": delay},
        ),
        some.integers(200, 5000),
        some.integers(0, 100),
    ),
    some.builds(
        lambda percent: ("stall", {"percent": percent, "stall_ms": 2}), some.integers(0, 30)
    ),
    some.just(("noop", {})),
)
STAGES = some.lists(STAGE, max_size=4)
CHUNKS = some.lists(some.binary(min_size=1, max_size=20_000), max_size=6)


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    yield rig
    rig.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(chunks=CHUNKS, first=STAGES, then=STAGES)
def test_bytes_arrive_in_order_and_unaltered(rig, chunks, first, then):
    proxy = rig.proxy(*_specs(first, "a"))
    client, server = rig.wire(proxy)

    for place, chunk in enumerate(chunks):
        client.send(chunk)
        if place == len(chunks) // 2:
            rig.put(proxy, *_specs(then, "b"), remove=[f"a{each}" for each in range(4)])
    client.half_close()
    arrived = server.rest()
    server.send(arrived)
    server.close()

    assert arrived == b"".join(chunks)
    assert client.rest() == arrived
    client.close()
    rig.core.run(rig.core.proxies.remove(proxy.name))


@pytest.mark.parametrize("type_", ["latency", "bandwidth", "slicer", "stall"])
def test_much_arrives_unaltered_through_each_toxic(rig, type_):
    attributes = {
        "latency": {"latency": 3, "jitter": 3},
        "bandwidth": {"rate": 200_000},
        "slicer": {"average_size": 20_000, "size_variation": 10_000, "delay": 0},
        "stall": {"percent": 1, "stall_ms": 1},
    }
    proxy = rig.proxy(toxic(type_, UPSTREAM, **attributes[type_]))
    client, server = rig.wire(proxy)
    data = b"".join(each.to_bytes(4, "big") for each in range(4 << 18))

    client.sock.setblocking(False)
    sent, arrived = 0, bytearray()
    while len(arrived) < len(data):
        try:
            sent += client.sock.send(data[sent : sent + (1 << 20)])
        except BlockingIOError:
            arrived += server.sock.recv(1 << 20)
        else:
            if sent == len(data):
                client.sock.settimeout(10)
                client.half_close()
                arrived += server.rest()

    assert bytes(arrived) == data


def _specs(stages, mark):
    return [
        toxic(type_, UPSTREAM, name=f"{mark}{place}", **attributes)
        for place, (type_, attributes) in enumerate(stages)
    ]
