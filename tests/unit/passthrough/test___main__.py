"""The command line is read strictly."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.passthrough import __main__ as program


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:7777", ("127.0.0.1", 7777)),
        ("[::1]:7777", ("::1", 7777)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_address_is_a_host_and_a_port(text, found):
    assert program.address(text) == found


@pytest.mark.parametrize(
    "text", ["7777", ":7777", "host:", "host:x", "host:65536", "host:-1", ""]
)
def test_address_that_is_none_is_refused(text):
    with pytest.raises(BadArgument, match="HOST:PORT"):
        program.address(text)
