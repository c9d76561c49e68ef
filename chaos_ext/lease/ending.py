"""End runs from outside: their guardians heal and stop; then sweep what is left."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import TargetGone
from chaos_ext.lease import sweep
from chaos_ext.lease.fault import HEAL_S_MAX
from chaos_ext.lease.ledger import UNHEALED

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Ledger
    from chaos_ext.lease.sweep import Swept


def end_run(ledger: Ledger, run: str) -> list[str]:
    """Have the guardian of *run* heal and end it; what is left, in words."""
    guardian = sweep.guardians(ledger).get(run)
    if guardian:
        with suppress(TargetGone):
            guardian.send(signal.SIGTERM)
        if not guardian.wait(HEAL_S_MAX + 8):  # it hangs: the kernel frees what it holds
            with suppress(TargetGone):
                guardian.send(signal.SIGKILL)
            guardian.wait(1.0)
            return sweep.sweep(ledger).left
    return [f"{lease.fault} on {lease.node}" for lease in ledger.leases(run)]


def heal_everything(ledger: Ledger) -> Swept:
    """End every run of this user, then heal what is left in the ledger."""
    alive = sweep.guardians(ledger)
    before = {lease.id: lease for lease in ledger.leases()}
    for run in alive:
        end_run(ledger, run)
    healed = [
        f"{lease.fault.rpartition('.')[2]} on {lease.node} (run {lease.run})"
        for lease in before.values()
        if lease.run in alive and lease.id not in {still.id for still in ledger.leases()}
    ]
    unhealed = {lease.run for lease in before.values() if lease.state == UNHEALED}
    swept = sweep.sweep(ledger)
    for run in unhealed - {lease.run for lease in ledger.leases()}:
        _tell_folder(ledger, run)
    swept.healed[:0] = [*(f"ended run {run}" for run in alive), *healed]
    return swept


def _tell_folder(ledger: Ledger, run: str) -> None:
    """Say beside a dirty verdict that it was healed later; the verdict itself stays."""
    for row in ledger.rows("select folder from runs where token = ?", run):
        note = Path(row["folder"]) / "healed.json"
        if note.parent.is_dir():
            note.write_text(json.dumps({"run": run, "healed_at": world.utc_text()}) + "\n")
