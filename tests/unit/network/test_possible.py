"""What `chaos doctor` says of network faults, for every machine it may meet."""

import pytest

from chaos_ext.network import nft, possible


@pytest.fixture
def machine(monkeypatch):
    """A machine on which packets may be dropped, or why not, and what is installed."""

    def has(why_no_packets, *missing):
        monkeypatch.setattr(nft, "possible", lambda: why_no_packets)
        monkeypatch.setattr(
            possible.util, "find_spec", lambda name: name not in missing or None
        )

    return has


def found():
    return {each.name: each for each in possible.checks()}


def test_doctor_names_nftables_where_packets_may_be_dropped(machine):
    machine("")

    told = found()

    assert [each.works for each in told.values()] == [True, True, True]
    assert told["partitions between nodes"].found.startswith("by nftables")


def test_doctor_names_the_proxies_and_the_reason_without_root(machine):
    machine("not permitted: needs root (CAP_NET_ADMIN)")

    cut = found()["partitions between nodes"]

    assert cut.works
    assert cut.found == (
        "at proxies, where their links fall silent "
        "(nftables: not permitted: needs root (CAP_NET_ADMIN))"
    )
    assert cut.remedy.startswith("as root")


def test_doctor_says_when_neither_is_possible(machine):
    machine("this kernel has no nf_tables", "uvloop", "dns")

    told = found()

    assert [each.works for each in told.values()] == [False, False, False]
    assert (
        told["loss of packets"].found == "this kernel has no nf_tables; not installed: uvloop"
    )
    assert told["names that fail (dns)"].found == "not installed: uvloop, dns"
    assert all(each.remedy for each in told.values())


def test_main_job_needs_none_of_it(machine):
    machine("not permitted", "uvloop")

    assert not any(each.needed for each in possible.checks())
