"""The checker of the campaign sees what is wrong with servers and with the ledger: planted, and named."""

import socketserver
import threading
from contextlib import closing, contextmanager

import pytest

from chaos_ext import world
from chaos_ext.lease.ledger import IN_PLACE, Ledger

NODE = "redis-1"


@contextmanager
def little_memory(line):
    (_, before) = line.ask("CONFIG", "GET", "maxmemory")
    line.ask("CONFIG", "SET", "maxmemory", "64mb")
    yield
    line.ask("CONFIG", "SET", "maxmemory", before)


@contextmanager
def few_clients(line):
    line.ask("CONFIG", "SET", "maxclients", "9000")
    yield
    line.ask("CONFIG", "SET", "maxclients", "10000")


@contextmanager
def key_deleted(line):
    value = line.ask("GET", "crash:kept:3")
    line.ask("DEL", "crash:kept:3")
    yield
    line.ask("SET", "crash:kept:3", value)


@contextmanager
def key_changed(line):
    value = line.ask("GETSET", "crash:kept:4", "something else")
    yield
    line.ask("SET", "crash:kept:4", value)


@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (little_memory, f"setting maxmemory of {NODE}: 67108864; it was "),
        (few_clients, f"setting maxclients of {NODE}: 9000; it was 10000"),
        (key_deleted, f"keys of {NODE}: "),
        (key_changed, f"keys of {NODE}: "),
    ],
)
def test_checker_sees_a_server_that_was_changed(eyes, plant, seen):
    with eyes.resp.Line(eyes.bind(NODE)) as line, plant(line):
        found = eyes.checker.of_the_rest(eyes.before, eyes.before.sorted())

    assert any(line.startswith(seen) for line in found), found


def test_checker_sees_a_replica_that_follows_nobody(eyes):
    first = eyes.before.nodes[0].service
    assert eyes.checker.unsettled(eyes.before) == []
    with eyes.resp.Line(eyes.bind("redis-3")) as line:
        line.ask("REPLICAOF", "NO", "ONE")

        found = eyes.checker.unsettled(eyes.before)

        line.ask("REPLICAOF", first[0], str(first[1]))
    assert len(found) == 1
    assert found[0].startswith("redis-3 says ['master'")


class Late(socketserver.StreamRequestHandler):
    """A server whose clock is a second behind."""

    def handle(self):
        self.rfile.readline()
        micros = int(world.utc_now().timestamp() * 1e6) - 1_000_000
        self.wfile.write(f"+server_time_usec:{micros}\r\n".encode())


def test_checker_sees_a_clock_that_is_wrong(eyes):
    right = [(node.name, node.bind) for node in eyes.before.servers]
    with socketserver.TCPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()

        found = eyes.see_servers.clocks([*right, ("late", server.server_address)])

    assert len(found) == 1
    assert found[0].startswith("the clock of late is -1")


def test_checker_sees_what_the_ledger_does_not_call_over(eyes):
    with closing(Ledger(eyes.campaign.state)) as ledger:
        ledger.change(
            f"insert into leases values ('5e6f7a8b'{',?' * 13})",
            *["run", "fault", "target", "node", "", "{}", IN_PLACE, 0, "", "", 0, 0, ""],
        )
        ledger.change("update labs set used_by = 'somebody' where id = ?", eyes.before.lab)

        found = eyes.checker.residues(eyes.before)

        ledger.change("delete from leases where id = '5e6f7a8b'")
        ledger.change("update labs set used_by = '' where id = ?", eyes.before.lab)
    assert found == [
        "lease fault on node is in_place",
        f"lab {eyes.before.lab} is in use by somebody",
    ]
