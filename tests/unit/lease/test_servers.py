"""Servers that do not run, and what is said of them."""

import os

import pytest

from chaos_ext.errors import CannotStartAgain
from chaos_ext.lease import identity, servers
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import Server

DEAD = Server("lab/dead", "lab", "dead", {}, Identity(2**22 + 1, 1, "boot"))
NEVER = Server("lab/never", "lab", "never", {}, None)


def test_server_is_not_started_a_second_time(ledger):
    running = Server("lab/me", "lab", "me", {"argv": ["x"]}, identity.of(os.getpid()))

    assert servers.start(ledger, running, held=False) is running


@pytest.mark.parametrize("program", ["no-such-program", "./no-such-program", "/etc/passwd"])
def test_server_is_refused_when_its_program_cannot_be_run(ledger, tmp_path, program):
    spec = {"argv": [program], "cwd": str(tmp_path)}

    with pytest.raises(
        CannotStartAgain, match=f"one: {program} cannot be run: is it installed"
    ):
        servers.start(ledger, Server("lab/one", "lab", "one", spec, None), held=False)

    assert ledger.servers("lab") == []


def test_servers_that_do_not_run_need_no_end():
    assert servers.stop([DEAD, NEVER]) == []


def test_first_ended_names_the_first_that_does_not_run():
    running = Server("lab/me", "lab", "me", {}, identity.of(os.getpid()))

    assert servers.first_ended([running]) == ""
    assert servers.first_ended([running, DEAD, NEVER]) == "dead"


@pytest.mark.parametrize("server", [DEAD, NEVER], ids=["dead", "never"])
def test_server_does_not_serve_when_it_does_not_run(server):
    assert not servers.serving(server)


def test_server_does_not_serve_when_it_runs_and_holds_no_socket_at_its_address():
    me = Server(
        "lab/me", "lab", "me", {"listen": ["127.255.255.1", 1]}, identity.of(os.getpid())
    )

    assert servers.runs(me)
    assert not servers.serving(me)


def test_server_that_goes_to_the_background_is_told_from_one_that_fails():
    said = servers.why_ended(DEAD)

    assert said.endswith("has ended again; what starts it must keep it in the foreground")
