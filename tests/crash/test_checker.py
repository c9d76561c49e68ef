"""The checker of the campaign sees what is left: each residue is planted once, and named."""

from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.lease.ledger import HEALED, Ledger
from chaos_ext.network import nft
from chaos_ext.network.client import Server
from chaos_ext.redis.lab import BINARY

LEASE = "1a2b3c4d"
SLOW = {"type": "latency", "attributes": {"latency": 80}}
LASTING = {"for_s": 60, "faults": [{"proxy": "redis-1", "do": "down"}]}


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """The checker, and the world of a proxied lab that stands."""
    try:
        binaries.find(BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        import camp  # noqa: PLC0415 - they are scripts beside us, not part of a package
        import checker  # noqa: PLC0415

        folder = tmp_path_factory.mktemp("campaign")
        campaign = camp.Campaign(folder)
        patch.setenv("CHAOS_STATE", str(campaign.state))
        yield checker, camp.lab_up(campaign, proxied=True)
        assert camp.lab_down(campaign) == []


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
def test_checker_sees_what_is_left_at_a_proxy(crash, plant, seen):
    checker, before = crash
    server = Server("http://{}:{}".format(*before.proxy.service))
    clean = world.wait_until(lambda: checker.residues(before) == [], 5)

    with plant(server, "redis-1"):
        found = checker.of_network(before)

    assert clean
    assert any(line.startswith(seen) for line in found), found
    assert world.wait_until(lambda: checker.residues(before) == [], 5)


@pytest.mark.skipif(bool(nft.possible()), reason=f"needs: nftables: {nft.possible()}")
def test_checker_sees_a_table_that_is_left_and_what_it_drops(crash):
    checker, before = crash
    one, two = (node.bind[0] for node in before.nodes[:2])
    with closing(Ledger()) as ledger:
        ledger.change(
            f"insert into leases values ('{LEASE}'{',?' * 13})",
            *["run", "fault", "target", "node", "", "{}", HEALED, 0, "", "", 0, 0, ""],
        )

    with closing(nft.Table(LEASE, [nft.Rule(((one, two),))])):
        found = checker.of_network(before)

    assert found[0] == f"table {nft.PREFIX}{LEASE} is left"
    assert found[1] == f"packets are lost along 1 ways: {one} to {two}"
    assert checker.of_network(before) == []
