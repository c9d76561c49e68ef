"""Bring a system's real servers up on this machine, find those that are up, take them down."""

from __future__ import annotations

import importlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from chaos_ext import world
from chaos_ext.errors import ChaosExtError, LabInUse, LabNotReady, LedgerUnwritable
from chaos_ext.lab import addresses, binaries, fittings, model
from chaos_ext.lease import servers, state, sweep
from chaos_ext.lease.ledger import Server

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chaos_ext.lab.model import Lab, Node
    from chaos_ext.lease.ledger import Ledger

READY_S_MAX = 20.0


class System(Protocol):
    """What the module `chaos_ext.<system>.lab` must offer."""

    BINARY: binaries.Source

    def nodes(self, settings: Mapping[str, Any], prefix: str) -> list[Node]:
        """The nodes of the system, with addresses that begin with *prefix*."""

    def specs(self, lab: Lab) -> list[list[tuple[Node, dict[str, Any]]]]:
        """How to start each node, in stages; writes what the servers read."""

    def problem(self, lab: Lab, stage: int) -> str:
        """What is still missing for that stage to be ready; empty when nothing is."""


def system(name: str) -> System:
    """The lab module of a system, found by name."""
    return cast("System", importlib.import_module(f"chaos_ext.{name}.lab"))


def start(
    ledger: Ledger,
    name: str,
    settings: Mapping[str, Any],
    *,
    run: str = "",
    launch: Callable[[dict[str, Any]], object] | None = None,
) -> Lab:
    """Start a lab of the system *name*, ready for use when this returns.

    *launch* starts servers that end with the guardian of *run*; without it they stand until
    `chaos lab down`.
    """
    module = system(name)
    lab = _enter(ledger, module, name, settings, run)
    try:
        _start_helpers(ledger, lab, launch)
        for stage, starts in enumerate(module.specs(lab)):
            for node, spec in starts:
                _launch(ledger, lab, node, fittings.dressed(lab, node, spec), launch)
            _wait_ready(ledger, lab, partial(module.problem, lab, stage))
    except BaseException as error:
        tail = _last_words(lab.folder)
        sweep.end_lab(ledger, lab.id, patience_s=0.0)
        if isinstance(error, LabNotReady) and tail:
            raise LabNotReady(f"{error}; last words: {tail}") from error
        raise
    return lab


def _enter(
    ledger: Ledger, module: System, name: str, settings: Mapping[str, Any], run: str
) -> Lab:
    lab_id = f"{name}-{world.token(6)}"
    binary = binaries.find(module.BINARY).path
    subnet = addresses.free_subnet(ledger, lab_id)
    prefix = addresses.prefix(subnet)
    nodes = fittings.all_nodes(module.nodes(settings, prefix), settings, prefix)
    addresses.check_free({address for node in nodes for address in (node.bind, node.service)})
    owner = "run" if run else "standing"
    folder = state.labs_folder() / lab_id
    lab = model.Lab(lab_id, name, owner, folder, binary, tuple(nodes), dict(settings))
    ledger.change(
        "insert into labs values (?,?,?,?,?,'up',?,?,?)",
        lab_id, name, owner, str(folder), subnet, lab.plan(), run, world.utc_text(),
    )  # fmt: skip
    folder.mkdir(parents=True)
    return lab


def _start_helpers(
    ledger: Ledger, lab: Lab, launch: Callable[[dict[str, Any]], object] | None
) -> None:
    """They stand first: servers announce a proxy's address, and keep their files open."""
    started = fittings.helpers(lab)
    for node, spec in started:
        _launch(ledger, lab, node, spec, launch)

    def problem() -> str:
        for node, _ in started:
            server = ledger.server(lab.key(node.name))
            if not (server and servers.serving(server)):
                return f"its {node.name} does not serve"
        return ""

    _wait_ready(ledger, lab, problem)


def _launch(
    ledger: Ledger,
    lab: Lab,
    node: Node,
    spec: dict[str, Any],
    launch: Callable[[dict[str, Any]], object] | None,
) -> None:
    server = Server(lab.key(node.name), lab.id, node.name, spec, None)
    if launch is None:
        servers.start(ledger, server, held=False)
    else:
        launch({"key": server.key, "lab": lab.id, "node": node.name, "spec": spec})


def _wait_ready(ledger: Ledger, lab: Lab, missing: Callable[[], str]) -> None:
    """Wait until nothing is *missing*, or a server that was started has ended."""
    problem, ended = "nothing was asked", ""

    def decided() -> bool:
        nonlocal problem, ended
        problem = missing()
        ended = servers.first_ended(ledger.servers(lab.id)) if problem else ""
        return not problem or bool(ended)

    if not world.wait_until(decided, READY_S_MAX, every_s=0.02):
        raise LabNotReady(f"lab {lab.id} is not ready after {READY_S_MAX:g} s: {problem}")
    if ended:
        raise LabNotReady(f"lab {lab.id} is not ready: {ended} has ended")


def standing(ledger: Ledger, name: str) -> Lab | None:
    """The lab of that system which `chaos lab up` started, if there is one."""
    found = ledger.rows(
        "select plan from labs where system = ? and owner = 'standing' and state = 'up'", name
    )
    return model.from_plan(found[0]["plan"]) if found else None


def claim(ledger: Ledger, lab: Lab, run: str) -> None:
    """Take a standing lab for *run*, or say who has it."""
    if ledger.change(
        "update labs set used_by = ? where id = ? and state = 'up' and used_by in ('', ?)",
        run, lab.id, run,
    ):  # fmt: skip
        return
    by = ledger.rows("select used_by from labs where id = ?", lab.id)[0]["used_by"]
    raise LabInUse(f"lab {lab.id} is in use by run {by}; wait for it, or run: chaos abort {by}")


def all_labs(ledger: Ledger) -> list[dict[str, Any]]:
    """Every lab that is up, as `chaos lab status` shows it."""
    rows = ledger.rows("select * from labs where state = 'up' order by at")
    return [_shown(ledger, row) for row in rows]


def _shown(ledger: Ledger, row: sqlite3.Row) -> dict[str, Any]:
    lab = model.from_plan(row["plan"])
    nodes = []
    for node in lab.nodes:
        server = ledger.server(lab.key(node.name))
        who = server.identity if server else None
        runs = who is not None and who.same()
        nodes.append(
            {
                "node": node.name,
                "address": "{}:{}".format(*node.service),
                "pid": who.pid if who and runs else 0,
                "state": ("frozen" if who and set(who.states()) & set("tT") else "runs")
                if runs
                else "dead",
            }
        )
    shown = {"lab": lab.id, "system": lab.system, "owner": lab.owner, "since": row["at"]}
    shown |= {"used_by": row["used_by"], "folder": str(lab.folder), "binary": lab.binary}
    return {**shown, "settings": dict(lab.settings), "nodes": nodes}


def same_settings(lab: Lab, settings: Mapping[str, Any]) -> bool:
    """Whether *lab* was started with exactly *settings*."""
    return json.dumps(dict(lab.settings), sort_keys=True) == json.dumps(
        dict(settings), sort_keys=True
    )


def stop(ledger: Ledger, lab: str) -> list[str]:
    """End a standing lab; what is left, in words."""
    rows = ledger.rows("select used_by from labs where id = ? and state = 'up'", lab)
    if rows and rows[0]["used_by"] in sweep.guardians(ledger):
        by = rows[0]["used_by"]
        raise LabInUse(f"lab {lab} is in use by run {by}; first: chaos abort {by}")
    try:
        return sweep.end_lab(ledger, lab, patience_s=servers.STOP_S_MAX)
    except (ChaosExtError, OSError) as error:
        raise LedgerUnwritable(f"lab {lab} could not be ended: {error}") from error


def log_tail(lab: Lab, node: str, lines: int) -> list[str]:
    """The last lines of a node's log."""
    log = lab.folder / node / "server.log"
    if not log.exists():
        return []
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]


def version(lab: Lab) -> str:
    """What the lab's program says of itself."""
    return binaries.Binary(lab.binary, "").version()


def _last_words(folder: Path) -> str:
    """The last line of each log, newest first, so that an error can name its reason."""
    logs = sorted(folder.glob("*/*.log"), key=lambda log: log.stat().st_mtime, reverse=True)
    for log in logs:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return f"{log.parent.name}: {lines[-1][-200:]}"
    return ""
