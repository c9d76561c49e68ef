"""Addresses: read as Go reads them, refused with Go's words."""

import pytest

from chaos_ext.errors import ListenFailed
from chaos_ext.proxy.core import addresses
from chaos_ext.proxy.core.addresses import Address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("127.0.0.1:80", ("127.0.0.1", "80")),
        (":0", ("", "0")),
        ("[::1]:80", ("::1", "80")),
        ("[127.0.0.1]:", ("127.0.0.1", "")),
        ("name:http", ("name", "http")),
    ],
)
def test_addresses_split_what_go_splits(text, parts):
    found = addresses.split(text)

    assert found == parts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x", "address x: missing port in address"),
        ("::1:80", "address ::1:80: too many colons in address"),
        ("[::1:80", "address [::1:80: missing ']' in address"),
        ("[::1]80", "address [::1]80: missing port in address"),
        ("[::1]", "address [::1]: missing port in address"),
        ("[::1]:80:81", "address [::1]:80:81: too many colons in address"),
        ("a]b:80", "address a]b:80: unexpected ']' in address"),
        ("a[b:80", "address a[b:80: unexpected '[' in address"),
    ],
)
def test_addresses_refuse_with_the_words_of_go(text, problem):
    with pytest.raises(ListenFailed) as refused:
        addresses.split(text)

    assert str(refused.value) == problem


@pytest.mark.parametrize(("text", "port"), [("", 0), ("80", 80), ("+80", 80), ("http", 80)])
def test_addresses_read_a_port_as_a_number_or_a_service(text, port):
    found = addresses.port_number(text)

    assert found == port


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("65536", "address 65536: invalid port"),
        ("-1", "address -1: invalid port"),
        ("9" * 5000, f"address {'9' * 5000}: invalid port"),
        ("nobody", "lookup tcp/nobody: unknown port"),
    ],
)
def test_addresses_refuse_a_port_that_is_none(text, problem):
    with pytest.raises(ListenFailed) as refused:
        addresses.port_number(text)

    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("address", "text", "everywhere"),
    [
        (Address("127.0.0.1", 80), "127.0.0.1:80", False),
        (Address("::1", 80), "[::1]:80", False),
        (Address("", 80), ":80", True),
        (Address("::", 0), "[::]:0", True),
    ],
)
def test_addresses_are_written_as_go_writes_them(address, text, everywhere):
    written = str(address)

    assert written == text
    assert address.everywhere() is everywhere
