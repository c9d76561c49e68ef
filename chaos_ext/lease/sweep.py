"""Heal what dead runs left behind: works alone, twice, and after any crash.

Used by every guardian at its start, by `chaos heal`, and by a runner whose guardian died.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import HealFailed
from chaos_ext.lease import fault as faults
from chaos_ext.lease import mounts, servers, shared_memory
from chaos_ext.lease.held import Held
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import HEALED, UNHEALED, Lease, Ledger
from chaos_ext.lease.target import Target

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence


@dataclass(slots=True)
class Swept:
    """What a sweep found and did, in words."""

    healed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def sweep(ledger: Ledger) -> Swept:
    """Heal every lease, and end every lab, whose guardian is dead."""
    with _alone(ledger):
        return _sweep(ledger)


def _sweep(ledger: Ledger) -> Swept:
    swept = Swept()
    labs, leases = _labs_up(ledger), ledger.leases()
    # read last: whoever has a lab or a lease had a guardian before, and the dead stay dead
    alive = set(guardians(ledger))
    doomed = [row for row in labs if _is_doomed(ledger, row, alive)]
    dead = [lease for lease in leases if lease.run not in alive]
    over = {lease.id: _over(ledger, lease, {row["id"] for row in doomed}) for lease in dead}
    _heal(ledger, [lease for lease in dead if not over[lease.id]], swept)
    for row in doomed:
        _end_lab(ledger, row, swept)
    for lease in dead:  # last: a server that is still dying holds on to what it was limited by
        if over[lease.id]:
            _let_go(ledger, lease, over[lease.id], swept)
    _close_runs(ledger)
    ledger.change(
        "update labs set used_by = '' where owner = 'standing' and used_by != '' "
        "and used_by not in (select token from runs where state = 'running')"
    )
    return swept


@contextmanager
def _alone(ledger: Ledger) -> Iterator[None]:
    """One sweep at a time: two would start the same server twice. The kernel frees the lock."""
    lock = os.open(ledger.path.with_name("sweep.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def guardians(ledger: Ledger) -> dict[str, Identity]:
    """The guardians that live, by the run they guard."""
    found = {
        row["run"]: Identity(row["pid"], row["start"], row["boot"])
        for row in ledger.rows("select * from guardians")
    }
    return {run: who for run, who in found.items() if who.same()}


def _labs_up(ledger: Ledger) -> list[sqlite3.Row]:
    return ledger.rows("select * from labs where state = 'up'")


def _is_doomed(ledger: Ledger, lab: sqlite3.Row, alive: set[str]) -> bool:
    """Whether nobody holds it any more: its run is dead, or the machine was started anew."""
    boots = {s.identity.boot for s in ledger.servers(lab["id"]) if s.identity}
    ended_with_the_machine = bool(boots) and world.boot_id() not in boots
    return ended_with_the_machine or (lab["owner"] == "run" and lab["used_by"] not in alive)


def _over(ledger: Ledger, lease: Lease, doomed: set[str]) -> str:
    """Why there is nothing to undo any more; empty when there is."""
    elsewhere = not lease.identity.pid  # on a machine that was not started anew with ours
    stays = elsewhere or faults.survives_a_boot(lease.fault)
    if lease.identity.boot != world.boot_id() and not stays:
        return "swept: it ended with the machine, which was started anew"
    lab = lease.server.partition("/")[0]
    if ledger.rows("select 1 from labs where id = ? and state = 'down'", lab):
        return "swept: its lab has ended"
    return "swept: its lab ends with it" if lab in doomed else ""


def _heal(ledger: Ledger, leases: Sequence[Lease], swept: Swept) -> None:
    """Undo all of them, the newest first, before any is waited for: one may need what another brings back."""
    begun: dict[str, Held] = {}
    for lease in reversed(leases):
        target = Target(ledger, lease)
        try:
            begun[lease.id] = Held(lease, _made(lease, target), target)
        except Exception:  # noqa: BLE001 - told below, where it is tried again
            target.close()
        else:
            begun[lease.id].try_to_heal()
    for lease in leases:
        _done(ledger, lease, partial(_undo, begun.get(lease.id)), "swept", swept)


def _let_go(ledger: Ledger, lease: Lease, over: str, swept: Swept) -> None:
    _done(ledger, lease, _clear, over, swept)


def _done(
    ledger: Ledger, lease: Lease, do: Callable[[Lease, Target], None], why: str, swept: Swept
) -> None:
    words = f"{lease.fault.rpartition('.')[2]} on {lease.node} (run {lease.run})"
    target = Target(ledger, lease)
    try:
        do(lease, target)
    except Exception as error:  # noqa: BLE001 - one that breaks must not keep the others
        ledger.mark(lease.id, UNHEALED, f"swept: {faults.in_words(error)}")
        swept.left.append(f"{words}: {faults.in_words(error)}")
    else:
        ledger.mark(lease.id, HEALED, why)
        swept.healed.append(words)
    finally:
        target.close()


def _clear(lease: Lease, target: Target) -> None:
    """Its target is gone: leave nothing of the fault beside it."""
    try:
        faults.clear(_made(lease, target))
    except HealFailed:
        raise
    except Exception:  # noqa: BLE001 - whatever is left of it hurts nobody
        return


def _undo(begun: Held | None, lease: Lease, target: Target) -> None:
    held = begun or Held(lease, _made(lease, target), target)
    try:
        held.heal()
        if not world.wait_until(held.fault.healed, faults.HEAL_S_MAX):
            raise HealFailed(f"{lease.node} is not as before")
    finally:
        held.target.close()


def _made(lease: Lease, target: Target) -> faults.Fault:
    return faults.make(lease.fault, target, lease.settings)


def _end_lab(ledger: Ledger, row: sqlite3.Row, swept: Swept) -> None:
    left = end_lab(ledger, row["id"], patience_s=0.0)
    swept.left += left
    if not left:
        of_run = f" of run {row['used_by']}" if row["used_by"] else ""
        swept.healed.append(f"lab {row['id']}{of_run}")


def end_lab(ledger: Ledger, lab: str, *, patience_s: float) -> list[str]:
    """End a lab's servers and remove its folder; what is left, in words."""
    left = servers.stop(ledger.servers(lab), patience_s=patience_s)
    if left:
        return [f"lab {lab}: {name} still runs" for name in left]
    for row in ledger.rows("select folder from labs where id = ?", lab):
        folder = Path(row["folder"])
        left += mounts.release(folder)  # what is mounted there may be somebody's, or dead
        if left:
            return [f"lab {lab}: {each}" for each in left]
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:  # it is gone already
            pass
        except OSError as error:  # somebody writes there, or it may not be removed
            return [f"lab {lab}: {error.filename or folder}: {error.strerror}"]
    shared_memory.release(lab)
    ledger.change("update labs set state = 'down', used_by = '' where id = ?", lab)
    ledger.change("delete from servers where lab = ?", lab)
    return []


def _close_runs(ledger: Ledger) -> None:
    """Forget dead guardians, then close the runs that have neither guardian nor runner.

    Each row is looked at and changed by its own identity: a run may begin at any moment.
    """
    for row in ledger.rows("select * from guardians"):
        who = Identity(row["pid"], row["start"], row["boot"])
        if not who.same():
            ledger.change(
                "delete from guardians where run = ? and pid = ? and start = ? and boot = ?",
                row["run"], who.pid, who.start, who.boot,
            )  # fmt: skip
    for row in ledger.rows("select * from runs where state = 'running'"):
        if not Identity(row["pid"], row["start"], row["boot"]).same():
            ledger.change(
                "update runs set state = 'ended', reason = 'its process died' "
                "where token = ? and token not in (select run from guardians)",
                row["token"],
            )
