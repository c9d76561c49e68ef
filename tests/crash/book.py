"""Reads the ledger as the plain database that it is, without the code that writes it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTENT, IN_PLACE, HEALED = "intent", "in_place", "healed"
OPEN = (INTENT, IN_PLACE, "unhealed")
MISSING = "no such table"  # its first writer has not made them yet
NO_ROOM = (
    "disk I/O error"  # also whoever only reads wants to write beside it: then a copy is read
)


def connected(state: Path) -> closing[sqlite3.Connection]:
    """The ledger; an empty one in memory while there is none."""
    path = state / "ledger.db"
    return closing(sqlite3.connect(path if path.exists() else ":memory:", timeout=5.0))


def ask(state: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the ledger answers; nothing while it has no tables."""
    try:
        with connected(state) as ledger:
            return asked(ledger, query, *values)
    except sqlite3.OperationalError as error:
        if NO_ROOM not in str(error):
            raise
    with tempfile.TemporaryDirectory(prefix="chaos_ext_crash") as elsewhere:
        for name in ("ledger.db", "ledger.db-wal"):
            with suppress(FileNotFoundError):
                shutil.copy(state / name, elsewhere)
        with connected(Path(elsewhere)) as ledger:
            return asked(ledger, query, *values)


def asked(ledger: sqlite3.Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The same, of a ledger that is open already."""
    try:
        return ledger.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if MISSING in str(error):
            return []
        raise


@dataclass(frozen=True, slots=True)
class Written:
    """The newest lease as the ledger has it; number 0 when there is none."""

    number: int = 0
    id: str = ""
    state: str = ""
    deadline_ns: int = 0  # on the clock that counts from the boot


def last_lease(ledger: sqlite3.Connection) -> Written:
    """The lease that was written last."""
    query = "select rowid, id, state, deadline_ns from leases order by rowid desc limit 1"
    found = asked(ledger, query)
    return Written(*found[0]) if found else Written()


def guardian_of(state: Path, runner: int) -> int:
    """The pid of the guardian of that runner, as it was written down; 0 while there is none."""
    query = (
        "select g.pid from guardians g join runs r on r.token = g.run "
        "where r.pid = ? and r.state = 'running' order by r.rowid desc limit 1"
    )
    found = ask(state, query, runner)
    return int(found[0][0]) if found else 0


def folder_of(ledger: sqlite3.Connection, runner: int) -> str:
    """The folder of the run of that process; empty while there is none."""
    query = "select folder from runs where pid = ? order by rowid desc limit 1"
    found = asked(ledger, query, runner)
    return str(found[0][0]) if found else ""


def networks_used(state: Path) -> set[str]:
    """The first three numbers of the addresses of every lab there ever was."""
    plans = [json.loads(row[0]) for row in ask(state, "select plan from labs")]
    return {network(node["bind"][0]) for plan in plans for node in plan["nodes"]}


def network(host: str) -> str:
    """The first three numbers of an address."""
    return host.rpartition(".")[0]


def open_ends(state: Path, lab: str) -> list[str]:
    """What the ledger says is not over, in words; *lab* may stand, and nobody may use it."""
    marks = ",".join("?" * len(OPEN))
    query = f"select fault, node, state from leases where state in ({marks})"
    leases = ask(state, query, *OPEN)
    found = [f"lease {fault} on {node} is {now}" for fault, node, now in leases]
    labs = ask(state, "select id, used_by from labs where state = 'up'")
    found += [f"lab {each} is up" for each, _ in labs if each != lab]
    return found + [f"lab {each} is in use by {by}" for each, by in labs if by]
