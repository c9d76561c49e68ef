"""The ledger: what we did, or were about to do, to the world; kept through every crash.

SQLite in WAL mode with full synchronisation: a committed intent is on disk before the harm.
Several processes use it at once (runner, guardian, `chaos heal`), each with its own connection.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from chaos_ext import world
from chaos_ext.errors import LedgerUnwritable
from chaos_ext.lease import reserve
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.state import state_folder

_Answer = TypeVar("_Answer")
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INTENT, IN_PLACE, HEALED, UNHEALED = "intent", "in_place", "healed", "unhealed"
OPEN_STATES = (INTENT, IN_PLACE, UNHEALED)
_NO_ROOM = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
)  # the second when it is a file beside it that cannot grow

_SCHEMA = """
create table if not exists runs (
  token text primary key, experiment text, folder text, state text, reason text, at text,
  pid integer, start integer, boot text);
create table if not exists guardians (
  run text primary key, pid integer, start integer, boot text);
create table if not exists labs (
  id text primary key, system text, owner text, folder text, subnet integer, state text,
  plan text, used_by text, at text);
create unique index if not exists one_lab_a_subnet on labs (subnet) where state = 'up';
create table if not exists servers (
  key text primary key, lab text, node text, spec text, pid integer, start integer, boot text);
create table if not exists leases (
  id text primary key, run text, fault text, target text, node text, server text,
  settings text, state text, deadline_ns integer, detail text, at text,
  pid integer, start integer, boot text);
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """One fault, with all that somebody else needs to undo it."""

    id: str
    run: str
    fault: str  # dotted path of its module
    target: str  # the name that was asked for
    node: str  # what it was resolved to
    server: str  # key of the server in the ledger, or empty
    identity: Identity
    settings: dict[str, Any]
    deadline_ns: int  # on the clock of `world.boottime_ns`
    state: str = INTENT
    detail: str = ""

    def public(self) -> dict[str, Any]:
        """As `chaos faults --json` and the events show it."""
        left_s = (self.deadline_ns - world.boottime_ns()) / 1e9
        return {**asdict(self), "left_s": round(left_s, 3)}


@dataclass(frozen=True, slots=True)
class Server:
    """A server we started, or may start again, and the process that it is now."""

    key: str
    lab: str
    node: str
    spec: dict[str, Any] = field(hash=False)
    identity: Identity | None


class Ledger:
    """One process's connection to the ledger.

    Where its disk is full, what must be written down for healing spends the reserve; an intent does not.
    """

    def __init__(self, folder: Path | None = None, *, begins: bool = False) -> None:
        """Open the ledger in *folder*, or in the user's state folder.

        Whoever *begins* something keeps the reserve for healing, or is refused.
        """
        self.path = (folder or state_folder()) / "ledger.db"
        if begins:
            self._keep_reserve()
        with self._told():
            self._db = sqlite3.connect(
                self.path, isolation_level=None, timeout=5.0, check_same_thread=False
            )
        # a ledger that nobody needs any more lets go of its file by itself
        weakref.finalize(self, self._db.close)
        self._db.row_factory = sqlite3.Row
        self._set_up() if begins else self._spending(self._set_up)

    def _set_up(self) -> None:
        with self._told():
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            if not self.rows("select 1 from sqlite_master where name = 'leases'"):
                self._db.executescript(_SCHEMA)

    def _keep_reserve(self) -> None:
        try:
            reserve.keep(self.path)
        except OSError as error:
            raise LedgerUnwritable(
                f"cannot use the ledger {self.path}: no room to heal by: {error.strerror}; "
                "free space or set CHAOS_STATE"
            ) from error

    def _spending(self, write: Callable[[], _Answer]) -> _Answer:
        """What *write* returns; tried once more with the reserve where there is no other room."""
        try:
            return write()
        except LedgerUnwritable as error:
            why = getattr(error.__cause__, "sqlite_errorname", "")
            if not why.startswith(_NO_ROOM) or not reserve.spend(self.path):
                raise
        return write()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerUnwritable(
                f"cannot use the ledger {self.path}: {error}; free space or set CHAOS_STATE"
            ) from error

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """All rows that *query* finds."""
        with self._told():
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Run *statement* durably; the number of rows it changed."""
        return self._spending(lambda: self.change_if_room(statement, *values))

    def change_if_room(self, statement: str, *values: object) -> int:
        """The same for what nobody needs to heal: it never spends the reserve."""
        with self._told():
            return self._db.execute(statement, values).rowcount

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # -- leases ---------------------------------------------------------------------

    def intend(self, lease: Lease) -> None:
        """Write down what is about to be done; on disk when this returns."""
        who = lease.identity
        self.change_if_room(
            "insert into leases values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            lease.id, lease.run, lease.fault, lease.target, lease.node, lease.server,
            json.dumps(lease.settings), INTENT, lease.deadline_ns, "", world.utc_text(),
            who.pid, who.start, who.boot,
        )  # fmt: skip

    def mark(self, lease_id: str, state: str, detail: str = "") -> None:
        """Write down what has become of a lease."""
        self.change(
            "update leases set state = ?, detail = ? where id = ?", state, detail, lease_id
        )

    def mark_in_place(self, lease_id: str) -> None:
        """Write down that a fault has landed, without waiting for the disk.

        The intent is there already, and is healed just the same; a killed process loses nothing.
        """
        self.change("pragma synchronous = normal")
        try:
            self.mark(lease_id, IN_PLACE)
        finally:
            self.change("pragma synchronous = full")

    def leases(self, run: str = "", states: tuple[str, ...] = OPEN_STATES) -> list[Lease]:
        """Leases in one of *states*, of one run or of all."""
        marks = ",".join("?" * len(states))
        query = (
            f"select * from leases where state in ({marks}) and (? = '' or run = ?) order by at"  # noqa: S608
        )
        return [_lease(row) for row in self.rows(query, *states, run, run)]

    # -- servers --------------------------------------------------------------------

    def put_server(self, server: Server) -> None:
        """Remember a server and the process that it is."""
        who = server.identity or Identity(0, 0, "")
        self.change(
            "insert or replace into servers values (?,?,?,?,?,?,?)",
            server.key, server.lab, server.node, json.dumps(server.spec),
            who.pid, who.start, who.boot,
        )  # fmt: skip

    def server(self, key: str) -> Server | None:
        """The server of that key."""
        found = self.rows("select * from servers where key = ?", key)
        return _server(found[0]) if found else None

    def servers(self, lab: str) -> list[Server]:
        """The servers of a lab."""
        return [_server(r) for r in self.rows("select * from servers where lab = ?", lab)]


def _identity(row: sqlite3.Row) -> Identity:
    return Identity(row["pid"], row["start"], row["boot"])


def _server(row: sqlite3.Row) -> Server:
    who = _identity(row) if row["pid"] else None
    return Server(row["key"], row["lab"], row["node"], json.loads(row["spec"]), who)


def _lease(row: sqlite3.Row) -> Lease:
    return Lease(
        id=row["id"], run=row["run"], fault=row["fault"], target=row["target"],
        node=row["node"], server=row["server"], identity=_identity(row),
        settings=json.loads(row["settings"]), deadline_ns=row["deadline_ns"],
        state=row["state"], detail=row["detail"],
    )  # fmt: skip
