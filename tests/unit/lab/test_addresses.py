"""Every lab has a loopback network of its own."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.errors import PortTaken
from chaos_ext.lab import addresses
from chaos_ext.lease.ledger import Ledger

ALL = range(addresses._FIRST, addresses._FIRST + addresses._COUNT)


@given(st.sampled_from([ALL[0], ALL[-1]]) | st.integers(ALL[0], ALL[-1]))
def test_prefix_is_of_an_address_on_loopback(subnet):
    address = ipaddress.ip_address(f"{addresses.prefix(subnet)}.1")

    assert address.is_loopback
    assert address not in ipaddress.ip_network("127.0.0.0/16")


def test_prefix_is_another_for_every_network():
    assert len({addresses.prefix(subnet) for subnet in ALL}) == len(ALL)


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def test_subnet_is_drawn_by_the_name_of_the_lab(ledger):
    first = addresses.free_subnet(ledger, "redis-1")

    assert addresses.free_subnet(ledger, "redis-1") == first
    assert first in ALL


def test_subnet_is_another_when_a_lab_has_it(ledger):
    first = addresses.free_subnet(ledger, "redis-1")
    put = "insert into labs values (?,'s','standing','f',?,?,'{}','','')"
    ledger.change(put, "other", first, "up")

    assert addresses.free_subnet(ledger, "redis-1") != first


def test_subnet_is_free_again_when_its_lab_is_down(ledger):
    first = addresses.free_subnet(ledger, "redis-1")
    put = "insert into labs values (?,'s','standing','f',?,?,'{}','','')"
    ledger.change(put, "other", first, "down")

    assert addresses.free_subnet(ledger, "redis-1") == first


def test_subnet_is_refused_when_all_that_were_drawn_are_taken(ledger, monkeypatch):
    monkeypatch.setattr(addresses, "_COUNT", 1)
    put = "insert into labs values ('other','s','standing','f',1,'up','{}','','')"
    ledger.change(put)

    with pytest.raises(
        PortTaken, match="no free loopback network found; run: chaos lab status"
    ):
        addresses.free_subnet(ledger, "redis-1")
