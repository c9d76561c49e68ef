"""The checker of the campaign sees what is left of the network: each residue is planted, and named."""

import socket
from contextlib import closing, contextmanager

import pytest

from chaos_ext.lease.ledger import HEALED, Ledger
from chaos_ext.network import nft
from chaos_ext.network.client import Server

LEASE = "1a2b3c4d"
SLOW = {"type": "latency", "attributes": {"latency": 80}}
LASTING = {"for_s": 60, "faults": [{"proxy": "redis-1", "do": "down"}]}


@contextmanager
def toxic(server, proxy):
    server.ask("POST", f"/proxies/{proxy}/toxics", {"name": "left", **SLOW})
    yield
    server.ask("DELETE", f"/proxies/{proxy}/toxics/left")


@contextmanager
def disabled(server, proxy):
    server.ask("POST", f"/proxies/{proxy}", {"enabled": False})
    yield
    server.ask("POST", f"/proxies/{proxy}", {"enabled": True})


@contextmanager
def leased(server, _proxy):
    server.ask("PUT", "/chaos/leases/left", LASTING)
    yield
    server.ask("DELETE", "/chaos/leases/left")


@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (toxic, "redis-1 has the toxic left"),
        (toxic, "redis-1 answers after "),
        (disabled, "the proxy of redis-1 is down"),
        (leased, "lease left is left at the proxy"),
        (leased, "redis-1 does not answer at "),
    ],
)
def test_checker_sees_what_is_left_at_a_proxy(eyes, plant, seen):
    server = Server("http://{}:{}".format(*eyes.before.proxy.service))

    with plant(server, "redis-1"):
        found = eyes.checker.of_network(eyes.before)

    assert any(line.startswith(seen) for line in found), found


@pytest.mark.skipif(bool(nft.possible()), reason=f"needs: nftables: {nft.possible()}")
def test_checker_sees_a_table_that_is_left_and_what_it_drops(eyes):
    one, two = (node.bind[0] for node in eyes.before.nodes[:2])
    with closing(Ledger(eyes.campaign.state)) as ledger:
        ledger.change(
            f"insert into leases values ('{LEASE}'{',?' * 13})",
            *["run", "fault", "target", "node", "", "{}", HEALED, 0, "", "", 0, 0, ""],
        )

    with closing(nft.Table(LEASE, [nft.Rule(((one, two),))])):
        found = eyes.checker.of_network(eyes.before)

    assert found[0] == f"table {nft.PREFIX}{LEASE} is left"
    assert found[1] == f"packets are lost along 1 ways: {one} to {two}"
    assert eyes.checker.of_network(eyes.before) == []


def test_checker_sees_connections_that_nobody_of_the_lab_has(eyes):
    address = eyes.bind("redis-2")

    with closing(socket.create_connection(address)):
        found = eyes.checker.residues(eyes.before)

    assert found == ["1 strangers are connected to {}:{}".format(*address)]


def test_checker_sees_a_listener_that_was_not_there(eyes):
    host, _ = eyes.bind("redis-2")

    with socket.socket() as door:
        door.bind((host, 0))
        door.listen()
        port = door.getsockname()[1]
        found = eyes.checker.residues(eyes.before)

    assert found == [f"somebody listens at {host}:{port}"]
