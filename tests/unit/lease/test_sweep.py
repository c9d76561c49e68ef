"""What a sweep decides from the ledger alone."""

import os
from dataclasses import replace

import pytest

from chaos_ext import world
from chaos_ext.lease import identity, sweep
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import HEALED, UNHEALED, Server

DEAD = Identity(2**22 + 1, 1, "boot")


@pytest.fixture
def lab(ledger, tmp_path):
    """Puts a lab with one dead server into the ledger; its folder."""

    def put(name, owner, run="", boot=""):
        folder = tmp_path / name
        folder.mkdir()
        ledger.change(
            "insert into labs values (?,'s',?,?,1,'up','{}',?,'')",
            name, owner, str(folder), run,
        )  # fmt: skip
        who = replace(DEAD, boot=boot or world.boot_id())
        ledger.put_server(Server(f"{name}/node", name, "node", {}, who))
        return folder

    return put


def run_in_ledger(ledger, token, who):
    ledger.change(
        "insert into runs values (?,'','','running','','',?,?,?)",
        token, who.pid, who.start, who.boot,
    )  # fmt: skip


def me():
    return identity.of(os.getpid())


def test_sweep_says_nothing_when_there_is_nothing(ledger):
    swept = sweep.sweep(ledger)

    assert (swept.healed, swept.left) == ([], [])


def test_sweep_leaves_what_a_living_guardian_holds(ledger, lease, lab):
    folder = lab("lab", "run", run="run")
    ledger.intend(lease())
    who = me()
    ledger.change("insert into guardians values ('run',?,?,?)", who.pid, who.start, who.boot)

    swept = sweep.sweep(ledger)

    assert (swept.healed, swept.left) == ([], [])
    assert folder.exists()
    assert len(ledger.leases()) == 1


def test_sweep_ends_the_lab_of_a_dead_run_and_its_leases(ledger, lease, lab):
    folder = lab("lab", "run", run="run")
    ledger.intend(lease())

    swept = sweep.sweep(ledger)

    assert swept.healed == ["lab lab of run run", "fake on node (run run)"]
    assert not folder.exists()
    assert ledger.leases(states=(HEALED,))[0].detail == "swept: its lab ends with it"


def test_sweep_keeps_a_standing_lab_whose_servers_died_in_this_boot(ledger, lab):
    folder = lab("lab", "standing")

    swept = sweep.sweep(ledger)

    assert swept.healed == []
    assert folder.exists()


def test_sweep_ends_a_standing_lab_of_another_boot(ledger, lab):
    folder = lab("lab", "standing", boot="an earlier one")

    swept = sweep.sweep(ledger)

    assert swept.healed == ["lab lab"]
    assert not folder.exists()


def test_sweep_says_what_is_left_when_the_folder_of_a_lab_cannot_be_removed(ledger, lab):
    folder = lab("lab", "run", run="run")
    folder.rmdir()
    folder.write_text("somebody put a file in its place")

    swept = sweep.sweep(ledger)
    folder.unlink()
    again = sweep.sweep(ledger)

    assert swept.left == [f"lab lab: {folder}: Not a directory"]
    assert (again.left, again.healed) == ([], ["lab lab of run run"])


def test_sweep_closes_a_lease_of_another_boot_without_making_its_fault(ledger, lease):
    asked = lease(fault="no.such.module")
    ledger.intend(replace(asked, identity=replace(asked.identity, boot="an earlier one")))

    swept = sweep.sweep(ledger)

    assert swept.left == []
    assert "started anew" in ledger.leases(states=(HEALED,))[0].detail


def test_sweep_undoes_what_is_on_a_disk_also_after_another_boot(ledger, lease, monkeypatch):
    undone = []
    asked = lease()
    ledger.intend(replace(asked, identity=replace(asked.identity, boot="an earlier one")))
    monkeypatch.setattr(sweep.faults, "survives_a_boot", lambda _path: True)
    monkeypatch.setattr(sweep, "_undo", lambda _begun, found, _target: undone.append(found.id))

    swept = sweep.sweep(ledger)

    assert undone == [asked.id]
    assert swept.left == []


def test_sweep_says_what_is_left_when_nobody_knows_the_fault_any_more(ledger, lease):
    ledger.intend(lease(fault="no.such.module"))

    swept = sweep.sweep(ledger)

    assert swept.left == ["module on node (run run): No module named 'no'"]
    assert ledger.leases(states=(UNHEALED,))[0].detail == "swept: No module named 'no'"


def test_sweep_heals_the_others_when_one_fault_breaks_down(ledger, lease, monkeypatch):
    monkeypatch.setattr(sweep.faults, "make", lambda *_: 1 // 0)
    ledger.intend(lease("broken"))
    ledger.intend(replace(lease("other"), server="gone/node"))
    ledger.change("insert into labs values ('gone','s','run','',1,'down','{}','','')")

    swept = sweep.sweep(ledger)

    assert swept.left == [
        "fake on node (run run): ZeroDivisionError: integer division or modulo by zero"
    ]
    assert swept.healed == ["fake on node (run run)"]


def test_sweep_closes_a_dead_run_and_gives_its_lab_back(ledger, lab):
    lab("lab", "standing", run="dead")
    run_in_ledger(ledger, "dead", DEAD)
    ledger.change("insert into guardians values ('dead',?,1,'boot')", DEAD.pid)

    sweep.sweep(ledger)

    assert ledger.rows("select used_by from labs")[0]["used_by"] == ""
    assert ledger.rows("select state from runs")[0]["state"] == "ended"
    assert ledger.rows("select * from guardians") == []


def test_sweep_leaves_a_living_run_its_lab_when_its_guardian_is_dead(ledger, lab):
    lab("lab", "standing", run="alive")
    run_in_ledger(ledger, "alive", me())

    sweep.sweep(ledger)

    assert ledger.rows("select used_by from labs")[0]["used_by"] == "alive"
    assert ledger.rows("select state from runs")[0]["state"] == "running"


def test_sweep_leaves_a_run_alone_that_begins_while_it_sweeps(ledger, lease, lab, monkeypatch):
    """The other run enlists, starts its lab and hurts it right after the guardians were read."""
    who, plain = me(), ledger.rows

    def rows(query, *values):
        found = plain(query, *values)
        if "from guardians" in query:
            monkeypatch.setattr(ledger, "rows", plain)
            ledger.change(
                "insert into guardians values ('b',?,?,?)", who.pid, who.start, who.boot
            )
            run_in_ledger(ledger, "b", replace(who, start=1))
            lab("lab", "run", run="b")
            ledger.intend(lease(run="b"))
        return found

    monkeypatch.setattr(ledger, "rows", rows)
    swept = sweep.sweep(ledger)

    assert (swept.healed, swept.left) == ([], [])
    assert sweep.guardians(ledger) == {"b": who}
    assert ledger.rows("select state from runs")[0]["state"] == "running"
    assert ledger.rows("select state from labs")[0]["state"] == "up"


def test_sweep_closes_a_lease_whose_lab_has_ended(ledger, lease, lab):
    lab("lab", "run", run="run")
    ledger.intend(lease(fault="no.such.module"))
    ledger.mark("one", UNHEALED, "not as before")
    ledger.change("update labs set state = 'down', used_by = ''")

    swept = sweep.sweep(ledger)

    assert (swept.healed, swept.left) == (["module on node (run run)"], [])
    assert ledger.leases(states=(HEALED,))[0].detail == "swept: its lab has ended"
