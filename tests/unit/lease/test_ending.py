"""Runs are ended from outside, and what was healed is told once."""

from chaos_ext.lease import ending
from chaos_ext.lease.ledger import HEALED


def test_heal_everything_says_nothing_when_there_is_nothing(ledger):
    swept = ending.heal_everything(ledger)

    assert (swept.healed, swept.left) == ([], [])


def test_heal_everything_sweeps_what_dead_runs_left(ledger, lease):
    ledger.change(
        "insert into labs values ('lab','s','run','/nonexistent',1,'up','{}','run','')"
    )
    ledger.intend(lease())

    swept = ending.heal_everything(ledger)

    assert swept.healed == ["lab lab of run run", "fake on node (run run)"]
    assert ledger.leases(states=(HEALED,))[0].id == "one"


def test_end_run_tells_what_a_run_without_a_guardian_has_left(ledger, lease):
    ledger.intend(lease(run="mine"))

    assert ending.end_run(ledger, "mine") == ["fake on node"]
    assert ending.end_run(ledger, "other") == []
