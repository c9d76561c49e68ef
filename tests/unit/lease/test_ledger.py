"""What is written into the ledger is read from it again, by whoever opens it."""

import json
from dataclasses import replace

import pytest

from chaos_ext.errors import LedgerUnwritable
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import HEALED, IN_PLACE, INTENT, UNHEALED, Ledger, Server


def test_ledger_has_the_intent_for_another_reader(ledger, lease, tmp_path):
    asked = lease()
    ledger.intend(asked)

    reader = Ledger(tmp_path)

    assert reader.leases() == [asked]
    assert asked.state == INTENT
    reader.close()


@pytest.mark.parametrize(("state", "is_open"), [(IN_PLACE, 1), (UNHEALED, 1), (HEALED, 0)])
def test_ledger_lists_what_is_not_healed(ledger, lease, state, is_open):
    asked = lease()
    ledger.intend(asked)

    ledger.mark("one", state, "why")

    assert len(ledger.leases()) == is_open
    assert ledger.leases(states=(state,)) == [replace(asked, state=state, detail="why")]


def test_ledger_has_what_landed_for_another_reader_and_stays_durable(ledger, lease, tmp_path):
    ledger.intend(lease())

    ledger.mark_in_place("one")

    reader = Ledger(tmp_path)
    assert reader.leases()[0].state == IN_PLACE
    assert ledger.rows("pragma synchronous")[0][0] == 2  # full, for the next intent
    reader.close()


def test_ledger_lists_the_leases_of_one_run(ledger, lease):
    ledger.intend(lease("mine", run="mine"))
    ledger.intend(lease("yours", run="yours"))

    assert [each.id for each in ledger.leases("mine")] == ["mine"]
    assert len(ledger.leases()) == 2


def test_ledger_refuses_a_second_lease_of_the_same_name(ledger, lease):
    ledger.intend(lease())

    with pytest.raises(LedgerUnwritable, match="UNIQUE"):
        ledger.intend(lease())


def test_ledger_keeps_the_process_that_a_server_is(ledger):
    who = Identity(5, 7, "boot")
    first = Server("lab/node", "lab", "node", {"argv": ["x"], "listen": ["h", 1]}, who)
    ledger.put_server(first)

    ledger.put_server(replace(first, identity=replace(who, pid=6)))

    assert ledger.servers("lab") == [replace(first, identity=Identity(6, 7, "boot"))]
    assert ledger.server("lab/other") is None


def test_ledger_says_that_a_server_was_never_started(ledger):
    ledger.put_server(Server("lab/node", "lab", "node", {}, None))

    assert ledger.server("lab/node").identity is None


def test_ledger_has_one_lab_a_network(ledger):
    row = "insert into labs values (?,'s','standing','f',1,'up','{}','','')"
    ledger.change(row, "one")

    with pytest.raises(LedgerUnwritable, match="UNIQUE"):
        ledger.change(row, "two")


def test_ledger_says_what_to_do_when_its_folder_is_gone(tmp_path):
    with pytest.raises(LedgerUnwritable, match="free space or set CHAOS_STATE"):
        Ledger(tmp_path / "gone")


def test_lease_shows_how_long_it_lasts(lease):
    shown = lease(for_s=60).public()

    assert 59 < shown["left_s"] <= 60
    assert json.loads(json.dumps(shown))["node"] == "node"
