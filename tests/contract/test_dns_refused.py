"""What no resolver can be or do is refused whole, in one line."""

import json
import sys

import pytest

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.network.client import Server

from .fronted import serving
from .named import NAME, RIGHT, asked, held, lab


@pytest.fixture
def server(tmp_path):
    with serving({"proxies": [], "resolvers": [lab()]}, tmp_path) as url:
        yield Server(url)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            {"how": "wrng"},
            "faults[0].how is 'wrng' (did you mean wrong?)",
        ),
        (
            {"how": "fail", "resolver": "lap"},
            "faults[0].resolver is 'lap', and there is none (did you mean lab?)",
        ),
        (
            {"how": "wrong"},
            "faults[0].answer must be an IPv4 address, not ''",
        ),
        (
            {"how": "delay"},
            "faults[0].delay_ms is missing: it must be a whole number from 1 to 86400000",
        ),
        (
            {"how": "fail", "name": NAME},
            "faults[0].name is not a known key (did you mean names?)",
        ),
    ],
)
def test_fault_that_no_resolver_can_have_is_refused_whole(server, fault, said):
    with pytest.raises(BadArgument) as refused:
        held(server, **fault)

    assert str(refused.value).endswith(f"was answered 400: {said}")
    assert server.ask("GET", "/chaos/leases") == {}
    assert asked() == ("NOERROR", [RIGHT])


@pytest.mark.parametrize(
    ("resolvers", "said"),
    [
        (
            [lab(listen="here")],
            "a resolver is at an address:port as 127.0.0.1:5353, not at 'here'",
        ),
        ([lab(), lab()], "resolvers[1].name is 'lab', and there is one of that name already"),
        ([lab(records={NAME: "here"})], "must be an IPv4 address, not 'here'"),
        ([lab(recrods={})], "resolvers[0].recrods is not a known key (did you mean records?)"),
        ({}, "resolvers must be a list, not a mapping"),
    ],
)
def test_proxy_does_not_start_with_a_resolver_that_cannot_be(tmp_path, resolvers, said):
    (tmp_path / "file.json").write_text(json.dumps({"resolvers": resolvers}))
    log = tmp_path / "log"
    argv = [sys.executable, "-m", "chaos_ext.proxy", "-port", "0", "-config"]

    child = world.start_process([*argv, tmp_path / "file.json"], log=log)

    assert child.wait(20) == 1
    assert log.read_text().count("\n") == 1
    assert said in log.read_text()
