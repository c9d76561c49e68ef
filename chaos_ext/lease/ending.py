"""End runs from outside: their guardians heal and stop; then sweep what is left."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from chaos_ext.errors import TargetGone
from chaos_ext.lease import sweep
from chaos_ext.lease.fault import HEAL_S_MAX

if TYPE_CHECKING:
    from chaos_ext.lease.ledger import Ledger
    from chaos_ext.lease.sweep import Swept


def end_run(ledger: Ledger, run: str) -> list[str]:
    """Have the guardian of *run* heal and end it; what is left, in words."""
    guardian = sweep.guardians(ledger).get(run)
    if guardian:
        with suppress(TargetGone):
            guardian.send(signal.SIGTERM)
        if not guardian.wait(HEAL_S_MAX + 5):  # it hangs: the kernel frees what it holds
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
    swept = sweep.sweep(ledger)
    swept.healed[:0] = [*(f"ended run {run}" for run in alive), *healed]
    return swept
